//! The name server's key-value configuration.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of `PUT_KV_CONFIG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutKVConfigRequestHeader<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The key.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
}

/// The header of `GET_KV_CONFIG` and `DELETE_KV_CONFIG`. Java: `GetKVConfigRequestHeader`,
/// `DeleteKVConfigRequestHeader`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KVConfigRequestHeader<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The key.
    pub key: &'a str,
}

/// The header of the response to `GET_KV_CONFIG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetKVConfigResponseHeader<'a> {
    /// The value.
    pub value: Option<&'a str>,
}

/// The header of `GET_KVLIST_BY_NAMESPACE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetKVListByNamespaceRequestHeader<'a> {
    /// The namespace.
    pub namespace: &'a str,
}

/// Keys and values: the body of the responses to `GET_KVLIST_BY_NAMESPACE`, `GET_BROKER_RUNTIME_INFO` and
/// `REGISTER_BROKER`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KVTable {
    /// The values, by key.
    pub table: BTreeMap<String, String>,
}
