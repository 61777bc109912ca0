//! The name server's key-value configuration.

use super::NameServerState;
use crate::log::{Log, LogWrite};
use crate::refusal::refuse;
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::protocol::{
    GetKVConfigResponseHeader, GetKVListByNamespaceRequestHeader, KVConfigRequestHeader, KVTable,
    PutKVConfigRequestHeader,
};
use rocketmq_tower::{BoxError, Json, RemotingCommand, ResponseCode, State};
use rocketmq_tower_core::sync::{read, write};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, RwLock};

/// The maximum number of entries.
const MAX_ENTRIES: usize = 10_000;

/// The maximum lengths of a namespace and of a key, and of a value, in bytes.
const MAX_NAME: usize = 1024;
const MAX_VALUE: usize = 16 * MAX_NAME;

/// Values by namespace and key, in memory and in the store.
pub(super) struct KvConfig {
    entries: RwLock<BTreeMap<(String, String), String>>,
    log: Arc<Log>,
}

impl KvConfig {
    pub(super) fn open(log: Arc<Log>) -> Result<Self, BoxError> {
        let mut rows = Vec::new();
        log.storage().scan(StorageTable::Config, b""..b"\xff", &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })?;
        let mut entries = BTreeMap::new();
        for (key, value) in rows {
            let key = String::from_utf8(key)?;
            let (namespace, key) = key.split_once('\0').ok_or("a key without a namespace")?;
            entries.insert((namespace.to_owned(), key.to_owned()), String::from_utf8(value)?);
        }
        Ok(Self { entries: RwLock::new(entries), log })
    }

    async fn set(
        &self,
        namespace: &str,
        key: &str,
        value: Option<&str>,
    ) -> Result<ResponseCode, BoxError> {
        if namespace.len() > MAX_NAME || key.len() > MAX_NAME || namespace.contains('\0') {
            let text =
                format!("a namespace and a key have at most {MAX_NAME} bytes, and no zero byte");
            return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
        }
        if value.is_some_and(|value| value.len() > MAX_VALUE) {
            let text = format!("a value has at most {MAX_VALUE} bytes");
            return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
        }
        let name = (namespace.to_owned(), key.to_owned());
        let row = format!("{}\0{}", name.0, name.1);
        if self.read().len() >= MAX_ENTRIES && value.is_some() {
            return Err(refuse(
                ResponseCode::SYSTEM_ERROR,
                "the configuration has its maximum number of entries",
            ));
        }
        let mut rows = StorageBatch::default();
        match value {
            Some(value) => rows.put(StorageTable::Config, row, value.as_bytes().to_vec()),
            None => rows.delete(StorageTable::Config, row),
        }
        self.log.write(LogWrite::rows(rows)).await?;
        let mut entries = write(&self.entries);
        match value {
            Some(value) => entries.insert(name, value.to_owned()),
            None => entries.remove(&name),
        };
        Ok(ResponseCode::SUCCESS)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<(String, String), String>> {
        read(&self.entries)
    }
}

/// `PUT_KV_CONFIG`
pub(super) async fn put(
    State(server): State<Arc<NameServerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let PutKVConfigRequestHeader { namespace, key, value } = request.header()?;
    server.kv.set(namespace, key, Some(value)).await
}

/// `DELETE_KV_CONFIG`
pub(super) async fn delete(
    State(server): State<Arc<NameServerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let KVConfigRequestHeader::<&str> { namespace, key } = request.header()?;
    server.kv.set(namespace, key, None).await
}

/// `GET_KV_CONFIG`
pub(super) async fn get(
    State(server): State<Arc<NameServerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let KVConfigRequestHeader::<&str> { namespace, key } = request.header()?;
    let entries = server.kv.read();
    let value = entries.get(&(namespace.to_owned(), key.to_owned())).ok_or_else(|| {
        let text = format!("the namespace {namespace} has no key {key}");
        refuse(ResponseCode::QUERY_NOT_FOUND, text)
    })?;
    let header = GetKVConfigResponseHeader { value: Some(value) };
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_header(&header)?)
}

/// `GET_KVLIST_BY_NAMESPACE`
pub(super) async fn list(
    State(server): State<Arc<NameServerState>>,
    request: RemotingCommand,
) -> Result<Json<KVTable>, BoxError> {
    let GetKVListByNamespaceRequestHeader::<&str> { namespace } = request.header()?;
    let entries = server.kv.read();
    let of_namespace = entries.iter().filter(|((of, _), _)| of == namespace);
    let table: BTreeMap<_, _> =
        of_namespace.map(|((_, key), value)| (key.clone(), value.clone())).collect();
    if table.is_empty() {
        let text = format!("there is no namespace {namespace}");
        return Err(refuse(ResponseCode::QUERY_NOT_FOUND, text));
    }
    Ok(Json(KVTable { table }))
}
