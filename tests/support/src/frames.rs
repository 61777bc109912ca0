//! Frames: encoded commands, frames made from parts, and captured ones.

use bytes::BytesMut;
use rocketmq_tower_core::codec::DecodeError;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand};
use tokio_util::codec::{Decoder, Encoder};

/// Frames captured from real clients and servers: a line with a name, then one with the bytes.
const CAPTURED: &str = include_str!("captured_frames.txt");

/// Returns the frame of `command`.
///
/// # Panics
/// If the command cannot be encoded.
#[must_use]
pub fn encode(command: &RemotingCommand) -> BytesMut {
    let mut bytes = BytesMut::new();
    RemotingCodec::new().encode(command, &mut bytes).expect("encodes");
    bytes
}

/// Returns the first command in `bytes`.
///
/// # Errors
/// If the frame is malformed.
///
/// # Panics
/// If the frame is incomplete.
pub fn decode(bytes: &[u8]) -> Result<RemotingCommand, DecodeError> {
    let command = RemotingCodec::new().decode(&mut BytesMut::from(bytes))?;
    Ok(command.expect("a whole frame"))
}

/// Returns a frame of this header and body, with the serialize type in the header word.
#[must_use]
pub fn frame(serialize_type: u8, header: &[u8], body: &[u8]) -> Vec<u8> {
    let length = (4 + header.len() + body.len()) as u32;
    let word = (u32::from(serialize_type) << 24) | header.len() as u32;
    [&length.to_be_bytes(), &word.to_be_bytes(), header, body].concat()
}

/// Returns a frame of this JSON header and no body.
#[must_use]
pub fn json(header: impl AsRef<[u8]>) -> Vec<u8> {
    frame(0, header.as_ref(), b"")
}

/// Returns the bytes that the hex digits stand for. White space is ignored.
///
/// # Panics
/// If the text holds anything else.
#[must_use]
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex digits")).collect()
}

/// Returns every captured frame with its name.
pub fn captured_frames() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let mut lines = CAPTURED.lines().filter(|line| !line.starts_with('#'));
    std::iter::from_fn(move || Some((lines.next()?, hex(lines.next()?))))
}

/// Returns the command of the captured frame with this name.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn captured(name: &str) -> RemotingCommand {
    let found = captured_frames().find(|(found, _)| *found == name);
    decode(&found.expect("a captured frame of this name").1).expect("decodes")
}
