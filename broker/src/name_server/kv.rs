//! The name server's key-value configuration.

use super::NameServerState;
use crate::log::{Log, LogWrite};
use crate::refusal::refuse;
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::protocol::{
    GetKVConfigResponseHeader, GetKVListByNamespaceRequestHeader, KVConfigRequestHeader, KVTable,
    PutKVConfigRequestHeader,
};
use rocketmq_tower::{BoxError, Header, Json, ResponseCode, State};
use rocketmq_tower_core::sync::{read, write};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, RwLock, RwLockReadGuard};

/// The maximum number of entries, and of the bytes of all of them.
const MAX_ENTRIES: usize = 10_000;
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The maximum lengths of a namespace and of a key, and of a value, in bytes.
const MAX_NAME: usize = 1024;
const MAX_VALUE: usize = 16 * MAX_NAME;

/// Values by namespace and key, in memory and in the store.
pub(super) struct KvConfig {
    entries: RwLock<Entries>,
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
        namespace: String,
        key: String,
        value: Option<String>,
    ) -> Result<ResponseCode, BoxError> {
        if namespace.len() > MAX_NAME || key.len() > MAX_NAME || namespace.contains('\0') {
            let text =
                format!("a namespace and a key have at most {MAX_NAME} bytes, and no zero byte");
            return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
        }
        if value.as_ref().is_some_and(|value| value.len() > MAX_VALUE) {
            let text = format!("a value has at most {MAX_VALUE} bytes");
            return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
        }
        let row = format!("{namespace}\0{key}");
        let name = (namespace, key);
        if let Some(value) = &value {
            check_room(&self.read(), &name, value)?;
        }
        let mut rows = StorageBatch::default();
        match &value {
            Some(value) => rows.put(StorageTable::Config, row, value.as_bytes().to_vec()),
            None => rows.delete(StorageTable::Config, row),
        }
        self.log.write(LogWrite::rows(rows)).await?;
        let mut entries = write(&self.entries);
        match value {
            Some(value) => entries.insert(name, value),
            None => entries.remove(&name),
        };
        Ok(ResponseCode::SUCCESS)
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        read(&self.entries)
    }
}

type Entries = BTreeMap<(String, String), String>;

/// Fails if there is no room for an entry.
fn check_room(entries: &Entries, name: &(String, String), value: &str) -> Result<(), BoxError> {
    let size = |name: &(String, String), value: &str| name.0.len() + name.1.len() + value.len();
    let others = entries.iter().filter(|(other, _)| *other != name);
    let (count, bytes) =
        others.fold((0, 0), |(count, bytes), (name, value)| (count + 1, bytes + size(name, value)));
    if count < MAX_ENTRIES && bytes + size(name, value) <= MAX_BYTES {
        return Ok(());
    }
    let text =
        format!("the configuration has at most {MAX_ENTRIES} entries of {MAX_BYTES} bytes in all");
    Err(refuse(ResponseCode::SYSTEM_BUSY, text))
}

/// `PUT_KV_CONFIG`
pub(super) async fn put(
    State(server): State<Arc<NameServerState>>,
    Header(entry): Header<PutKVConfigRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    server.kv.set(entry.namespace, entry.key, Some(entry.value)).await
}

/// `DELETE_KV_CONFIG`
pub(super) async fn delete(
    State(server): State<Arc<NameServerState>>,
    Header(entry): Header<KVConfigRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    server.kv.set(entry.namespace, entry.key, None).await
}

/// `GET_KV_CONFIG`
pub(super) async fn get(
    State(server): State<Arc<NameServerState>>,
    Header(entry): Header<KVConfigRequestHeader>,
) -> Result<Header<GetKVConfigResponseHeader>, BoxError> {
    let name = (entry.namespace, entry.key);
    let value = server.kv.read().get(&name).cloned().ok_or_else(|| {
        let text = format!("the namespace {} has no key {}", name.0, name.1);
        refuse(ResponseCode::QUERY_NOT_FOUND, text)
    })?;
    Ok(Header(GetKVConfigResponseHeader { value: Some(value) }))
}

/// `GET_KVLIST_BY_NAMESPACE`
pub(super) async fn list(
    State(server): State<Arc<NameServerState>>,
    Header(asked): Header<GetKVListByNamespaceRequestHeader>,
) -> Result<Json<KVTable>, BoxError> {
    let namespace = asked.namespace;
    let entries = server.kv.read();
    let of_namespace = entries.iter().filter(|((of, _), _)| *of == namespace);
    let table: BTreeMap<_, _> =
        of_namespace.map(|((_, key), value)| (key.clone(), value.clone())).collect();
    if table.is_empty() {
        let text = format!("there is no namespace {namespace}");
        return Err(refuse(ResponseCode::QUERY_NOT_FOUND, text));
    }
    Ok(Json(KVTable { table }))
}

#[cfg(test)]
mod tests {
    use super::{Entries, MAX_BYTES, MAX_ENTRIES, check_room};

    #[test]
    fn a_full_configuration_takes_new_values_of_its_keys_only() {
        let name = |n: usize| ("n".to_owned(), n.to_string());
        let full: Entries = (0..MAX_ENTRIES).map(|n| (name(n), String::new())).collect();
        check_room(&full, &name(0), "new").unwrap();
        let error = check_room(&full, &name(MAX_ENTRIES), "").unwrap_err().to_string();
        assert!(error.contains("10000 entries"), "{error}");

        let long = "v".repeat(MAX_BYTES - 4);
        let full = Entries::from([(name(0), long.clone())]);
        check_room(&full, &name(1), "").unwrap();
        check_room(&full, &name(1), "v").unwrap_err();
        check_room(&full, &name(0), &(long + "vv")).unwrap();
    }
}
