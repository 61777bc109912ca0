//! The name server's key-value configuration.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of `PUT_KV_CONFIG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutKVConfigRequestHeader<T = String> {
    /// The namespace.
    pub namespace: T,
    /// The key.
    pub key: T,
    /// The value.
    pub value: T,
}

/// The header of `GET_KV_CONFIG` and `DELETE_KV_CONFIG`. Java: `GetKVConfigRequestHeader`,
/// `DeleteKVConfigRequestHeader`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KVConfigRequestHeader<T = String> {
    /// The namespace.
    pub namespace: T,
    /// The key.
    pub key: T,
}

/// The header of the response to `GET_KV_CONFIG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetKVConfigResponseHeader<T = String> {
    /// The value.
    pub value: Option<T>,
}

/// The header of `GET_KVLIST_BY_NAMESPACE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetKVListByNamespaceRequestHeader<T = String> {
    /// The namespace.
    pub namespace: T,
}

/// Keys and values: the body of the responses to `GET_KVLIST_BY_NAMESPACE`, `GET_BROKER_RUNTIME_INFO` and
/// `REGISTER_BROKER`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KVTable {
    /// The values, by key.
    pub table: BTreeMap<String, String>,
}
