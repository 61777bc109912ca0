//! The JSON header, `SerializeType::Json`.
//!
//! ```text
//! {"code":310,"extFields":{"a":"group"},"flag":0,"language":"JAVA","opaque":1,"remark":"..",
//!  "serializeTypeCurrentRPC":"JSON","version":479}
//! ```
//!
//! Keys are written in this order and without white space, as by Java's
//! `protocol/RemotingSerializable.java`. They are read in any order.

mod encode;
mod fast_path;
mod general;
mod scanner;
mod string;
mod swar;

use super::DecodeError;
use crate::command::{ExtFieldsBuilder, RemotingCommand, SerializeType};
use bytes::Bytes;
pub(super) use encode::encode;
pub(crate) use encode::string as write_string;
pub(crate) use scanner::{Scanner, Text};

pub(super) fn decode(header: Bytes) -> Result<RemotingCommand, DecodeError> {
    let utf8 = header.is_ascii() || std::str::from_utf8(&header).is_ok();
    let (mut command, mut fields) = empty();
    if !utf8 || fast_path::decode(&header, &mut command, &mut fields).is_none() {
        (command, fields) = empty();
        general::decode(&header, &mut command, &mut fields)?;
    }
    command.ext_fields = fields.finish(header);
    Ok(command)
}

fn empty() -> (RemotingCommand, ExtFieldsBuilder) {
    let serialize_type = SerializeType::Json;
    (RemotingCommand { serialize_type, ..RemotingCommand::default() }, ExtFieldsBuilder::new())
}
