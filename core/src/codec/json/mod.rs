//! The JSON header, `SerializeType::Json`.
//!
//! ```text
//! {"code":310,"extFields":{"a":"group"},"flag":0,"language":"JAVA","opaque":1,"remark":"..",
//!  "serializeTypeCurrentRPC":"JSON","version":479}
//! ```
//!
//! Written in this order and without white space, as Java's `protocol/RemotingSerializable.java`
//! does; read in any order.

mod decode;
mod encode;
mod scanner;
mod string;

pub(super) use decode::decode;
pub(super) use encode::encode;
