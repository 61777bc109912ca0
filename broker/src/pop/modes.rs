//! How groups get the messages of topics: by pulls, or by pops.

use crate::log::{Log, LogWrite};
use crate::refusal::refuse;
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::protocol::MessageRequestMode;
use rocketmq_tower::{BoxError, ResponseCode};
use rocketmq_tower_core::sync::lock;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Mutex;

/// The maximum number of pairs of group and topic whose mode is kept.
const MAX_MODES: usize = 100_000;

/// The mode of a group and topic, as it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestMode {
    pub(crate) mode: MessageRequestMode,
    /// The number of consumers that share the queues of each other when they pop; 0 for all.
    pub(crate) pop_share_queue_num: i32,
}

/// The modes that were set, by group and topic.
#[derive(Debug)]
pub(crate) struct RequestModes(Mutex<HashMap<Box<[u8]>, RequestMode>>);

impl RequestModes {
    /// Reads them from the store.
    pub(crate) fn open(log: &Log) -> Result<Self, BoxError> {
        let mut rows = Vec::new();
        log.storage().scan(StorageTable::RequestModes, b""..b"\xff", &mut |key, row| {
            rows.push((Box::from(key), row.to_vec()));
            ControlFlow::Continue(())
        })?;
        let rows = rows.into_iter().map(|(key, row)| Ok((key, serde_json::from_slice(&row)?)));
        Ok(Self(Mutex::new(rows.collect::<Result<_, BoxError>>()?)))
    }

    pub(crate) fn get(&self, group: &str, topic: &str) -> Option<RequestMode> {
        lock(&self.0).get(&*key(group, topic)).copied()
    }

    /// Sets a mode, and returns when it is stored.
    pub(crate) async fn set(
        &self,
        log: &Log,
        (group, topic): (&str, &str),
        mode: RequestMode,
    ) -> Result<(), BoxError> {
        let (key, mut rows) = (key(group, topic), StorageBatch::default());
        if !self.has_room_for(&key) {
            let text = format!("the broker keeps at most {MAX_MODES} modes of groups");
            return Err(refuse(ResponseCode::SYSTEM_BUSY, text));
        }
        rows.put(StorageTable::RequestModes, &key, serde_json::to_vec(&mode)?);
        log.write(LogWrite::rows(rows)).await?;
        lock(&self.0).insert(key, mode);
        Ok(())
    }

    fn has_room_for(&self, key: &[u8]) -> bool {
        let known = lock(&self.0);
        known.len() < MAX_MODES || known.contains_key(key)
    }
}

/// Names of groups and topics have no zero byte.
fn key(group: &str, topic: &str) -> Box<[u8]> {
    [group, topic].join("\0").into_bytes().into()
}
