//! The JSON header, `SerializeType::Json`.
//!
//! ```text
//! {"code":310,"extFields":{"a":"group"},"flag":0,"language":"JAVA","opaque":1,"remark":"..",
//!  "serializeTypeCurrentRPC":"JSON","version":479}
//! ```
//!
//! Keys are written in this order and without white space, as by Java's
//! `protocol/RemotingSerializable.java`. They are read in any order.

mod copy;
mod encode;
mod fast_path;
mod general;
mod scanner;
mod skim;
mod string;
mod swar;

use super::DecodeError;
use super::ascii::is_ascii;
use crate::command::Parts;
pub(super) use encode::encode;
pub(crate) use encode::string as write_string;
pub(crate) use scanner::{Scanner, Text};

// Not inlined: it would take the registers of the binary header's path.
#[inline(never)]
pub(super) fn decode(header: &[u8], parts: &mut Parts, keep: bool) -> Result<(), DecodeError> {
    let utf8 = is_ascii(header) || std::str::from_utf8(header).is_ok();
    if keep && utf8 {
        if skim::decode(header, parts).is_some() {
            return Ok(());
        }
        parts.reset();
    }
    if !utf8 || fast_path::decode(header, parts).is_none() {
        parts.reset();
        general::decode(header, parts)?;
    }
    Ok(())
}
