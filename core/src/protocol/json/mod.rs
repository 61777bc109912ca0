//! JSON bodies: reads what Java's fastjson writes, writes standard JSON.
//!
//! The usual way is [`RemotingCommand::json`] and [`RemotingCommand::with_json`]; the functions here
//! work on bytes. They take any type with serde's traits.
//!
//! # What is read
//!
//! Standard JSON, and what brokers and clients send beyond it:
//!
//! * names without quotes, such as `{0:"127.0.0.1:10911"}`, and names and strings in single quotes;
//! * objects as names, `{{"topic":"T","brokerName":"a","queueId":0}:7}`: they become the keys of a map
//!   whose key type is a struct;
//! * numbers and booleans in quotes, numbers and booleans where a string is expected, `1` and `0` as
//!   booleans, and an enum's variant as its ordinal;
//! * a byte order mark, and a comma after the last element.
//!
//! A name that a struct does not have is ignored. If a name of a struct repeats, its last value wins. In a
//! struct, `null` counts as an absent value. A number that does not fit its type is an error, and so is a
//! fraction for an integer. Reading never panics. A visitor of a list may ignore the error of an element
//! that does not have its type, and go on with the next one; text that is not JSON fails the list.
//!
//! # Bounds
//!
//! Values nest at most [`MAX_DEPTH`] deep. Reading allocates the result, and strings with escapes. The
//! smallest element of a list takes 2 bytes of JSON, so a list has at most half as many elements as the body
//! has bytes. The text of a struct is read twice for each struct that it is nested in.
//!
//! # What is written
//!
//! JSON without white space, as Go's clients need. Fields of a struct without a value are left out;
//! NaN and infinity count as absent. Names
//! are quoted; [`to_fastjson`] leaves the quotes of numbers out. A struct as a map's key is written as an
//! object: standard JSON has no form for it, and Java's clients expect this one.

mod compound;
mod de;
mod error;
mod key;
pub(crate) mod places;
mod read;
mod scalar;
mod ser;

pub use error::BodyError;
pub use read::MAX_DEPTH;

use crate::command::RemotingCommand;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// Reads a `T` from JSON. It may borrow strings that have no escapes.
///
/// ```
/// use rocketmq_tower_core::protocol::json;
/// use std::collections::BTreeMap;
///
/// let addrs: BTreeMap<i64, String> = json::from_slice(br#"{0:"127.0.0.1:10911"}"#)?;
/// assert_eq!(addrs[&0], "127.0.0.1:10911");
///
/// let error = json::from_slice::<BTreeMap<i64, i32>>(br#"{"0":4294967296}"#).unwrap_err();
/// assert_eq!(error.to_string(), "the body's 0, at byte 5: expected a 32-bit integer");
/// # Ok::<(), json::BodyError>(())
/// ```
///
/// # Errors
/// If `json` is malformed, a field that `T` requires is missing, or a value does not fit its type. The error
/// names the position and the field.
pub fn from_slice<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, BodyError> {
    let text = std::str::from_utf8(json)
        .map_err(|error| BodyError::new(error.valid_up_to(), "the text is not UTF-8"))?;
    let mut reader = read::Reader::new(text);
    let value = T::deserialize(&mut reader).map_err(|error| error.or_at(0))?;
    reader.scanner.end()?;
    Ok(value)
}

/// Writes `value` as standard JSON.
///
/// # Errors
/// If `value` has a type that JSON bodies do not have: bytes, an enum with data, or a map whose keys are
/// neither scalars nor structs.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, BodyError> {
    write(value, true)
}

/// Writes `value` as Java's fastjson does by default: numbers as names of a map are not quoted. A peer that
/// parses standard JSON only cannot read it, and no known client needs it.
///
/// # Errors
/// As [`to_bytes`].
pub fn to_fastjson<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, BodyError> {
    write(value, false)
}

fn write<T: Serialize + ?Sized>(value: &T, quote_numbers: bool) -> Result<Bytes, BodyError> {
    let mut out = BytesMut::new();
    ser::Writer::new(&mut out, quote_numbers).root(value)?;
    Ok(out.freeze())
}

impl RemotingCommand {
    /// Reads the JSON body into a `T`, see [`protocol::json`](self).
    ///
    /// ```
    /// use rocketmq_tower_core::protocol::ConsumerList;
    /// use rocketmq_tower_core::{RemotingCommand, ResponseCode};
    ///
    /// let list = ConsumerList { consumer_id_list: vec!["127.0.0.1@1".into()] };
    /// let response = RemotingCommand::response(ResponseCode::SUCCESS).with_json(&list)?;
    /// assert_eq!(response.json::<ConsumerList>()?, list);
    /// # Ok::<(), rocketmq_tower_core::protocol::json::BodyError>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_slice`].
    pub fn json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, BodyError> {
        from_slice(self.body())
    }

    /// Sets the body to `value`, as standard JSON.
    ///
    /// # Errors
    /// As [`to_bytes`].
    pub fn with_json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, BodyError> {
        Ok(self.with_body(to_bytes(value)?))
    }
}
