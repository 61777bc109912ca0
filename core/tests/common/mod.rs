//! Help that the tests share.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

pub(crate) mod driver;

use bytes::BytesMut;
use rocketmq_tower_core::codec::DecodeError;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand};
use tokio_util::codec::{Decoder, Encoder};

/// Bytes of hex digits; blanks do not count.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// A frame of this header and body, with the serialize type in the header word.
pub(crate) fn frame(serialize_type: u8, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = ((4 + header.len() + body.len()) as u32).to_be_bytes().to_vec();
    bytes.extend(((u32::from(serialize_type) << 24) | header.len() as u32).to_be_bytes());
    bytes.extend(header);
    bytes.extend(body);
    bytes
}

pub(crate) fn json(header: &str) -> Vec<u8> {
    frame(0, header.as_bytes(), b"")
}

/// The first command in `bytes`.
pub(crate) fn decode(bytes: &[u8]) -> Result<RemotingCommand, DecodeError> {
    let mut buffer = BytesMut::from(bytes);
    let command = RemotingCodec::new().decode(&mut buffer)?;
    Ok(command.expect("a whole frame"))
}

pub(crate) fn encode(command: &RemotingCommand) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    RemotingCodec::new().encode(command, &mut buffer).unwrap();
    buffer.to_vec()
}

/// One of the captured commands, by the name of its frame.
pub(crate) fn captured(name: &str) -> RemotingCommand {
    let mut lines = include_str!("../data/captured_frames.txt").lines();
    lines.find(|line| *line == name).expect("a captured frame of this name");
    decode(&hex(lines.next().expect("its bytes"))).expect("decodes")
}
