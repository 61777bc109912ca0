//! Feeds any bytes, in any pieces, through the codec.

use crate::Input;
use crate::command::same;
use bytes::BytesMut;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand};
use tokio_util::codec::{Decoder, Encoder};

/// The read block in the codec's documentation, and its size after reads have filled it.
const BLOCK: usize = 8 * 1024;
const LARGEST_BLOCK: usize = 64 * 1024;

/// The commands decoded from some bytes, and the final error, or an empty text.
struct Decoded {
    commands: Vec<RemotingCommand>,
    end: String,
}

/// The input is two bytes that select the split, one for the longest frame, then the bytes to
/// decode.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let split = u16::from_be_bytes([input.byte(), input.byte()]);
    let max = input.pick([RemotingCodec::new().max_frame_length(), 1 << 16, 1 << 10]);
    let wire = input.rest();
    let codec = RemotingCodec::new().with_max_frame_length(max);

    let whole = at_once(codec.clone(), wire);
    let kept = at_once(codec.clone().keep_headers(true), wire);
    assert_eq!(whole.end, kept.end, "the end, with headers that are kept");
    assert_eq!(whole.commands.len(), kept.commands.len());
    for (a, b) in whole.commands.iter().zip(&kept.commands) {
        survives(codec.clone().with_max_frame_length(usize::MAX), b);
        assert!(same(a, b), "{a:?} {b:?}, which was kept");
        survives(codec.clone().with_max_frame_length(usize::MAX), b);
    }
    let parts = in_parts(codec.clone(), wire, Sizes::new(split));
    assert_eq!(whole.end, parts.end, "the end, of {} bytes in parts of {split}", wire.len());
    assert_eq!(whole.commands.len(), parts.commands.len());
    let mut rest = wire;
    for (a, b) in whole.commands.iter().zip(&parts.commands) {
        assert!(same(a, b), "{a:?} {b:?}");
        let (frame, behind) = rest.split_at(4 + length_of(rest));
        rest = behind;
        let alone = at_once(codec.clone(), frame);
        assert!(alone.commands.len() == 1 && same(a, &alone.commands[0]), "{a:?} by itself");
        survives(codec.clone().with_max_frame_length(usize::MAX), a);
    }
    // Earlier frames do not matter, except that another protocol is recognized only at the start.
    let alone = at_once(codec, rest);
    assert!(alone.commands.is_empty(), "{:?} was not seen", alone.commands);
    assert!(alone.end == whole.end || alone.end.starts_with("the peer speaks"));
}

/// Returns the length field of a frame.
fn length_of(frame: &[u8]) -> usize {
    let word = *frame.first_chunk().expect("a frame begins with its length");
    u32::from_be_bytes(word) as usize
}

/// Checks that encoding and decoding again returns the same command, except for languages without a
/// name in JSON. (A name with much invalid UTF-8 may have become too long for the binary header.)
fn survives(mut codec: RemotingCodec, command: &RemotingCommand) {
    let mut bytes = BytesMut::new();
    codec.encode(command, &mut bytes).expect("encodes");
    let again = codec.decode(&mut bytes).expect("decodes").expect("a whole frame");
    assert!(bytes.is_empty());
    let kind = RemotingCodec::serialize_type_of(command);
    let mut expected = command.clone().with_serialize_type(kind);
    if command.language() != again.language() {
        assert!(command.language().name().is_none());
        expected = expected.with_language(again.language());
    }
    assert!(same(&again, &expected), "{again:?} {expected:?}");
}

fn at_once(mut codec: RemotingCodec, wire: &[u8]) -> Decoded {
    let mut buffer = BytesMut::from(wire);
    let mut commands = Vec::new();
    let end = loop {
        match codec.decode_eof(&mut buffer) {
            Ok(Some(command)) => commands.push(command),
            Ok(None) => break String::new(),
            Err(error) => break error.to_string(),
        }
    };
    Decoded { commands, end }
}

/// Reads like `Framed`: into the free part of the buffer, reserving more only if it is full.
fn in_parts(mut codec: RemotingCodec, wire: &[u8], mut sizes: Sizes) -> Decoded {
    let all = wire.len();
    let mut wire = wire;
    let mut buffer = BytesMut::new();
    let mut commands = Vec::new();
    let end = loop {
        match codec.decode(&mut buffer) {
            Ok(Some(command)) => commands.push(command),
            Err(error) => break error.to_string(),
            Ok(None) if wire.is_empty() => match codec.decode_eof(&mut buffer) {
                Ok(None) => break String::new(),
                Ok(Some(command)) => panic!("{command:?} came too late"),
                Err(error) => break error.to_string(),
            },
            Ok(None) => {
                let (have, room) = (buffer.len(), buffer.capacity());
                let block = LARGEST_BLOCK.min(2 * (all - wire.len()));
                let most = block.max(4 * (have + BLOCK));
                assert!(room <= most, "room of {room} bytes for {have}, {most} may be");
                if room == have {
                    buffer.reserve(1);
                }
                let room = buffer.capacity() - have;
                let (part, rest) = wire.split_at(sizes.next().min(room).min(wire.len()));
                buffer.extend_from_slice(part);
                wire = rest;
            }
        }
    };
    Decoded { commands, end }
}

/// The sizes of the parts: everything at once, or a pseudo-random sequence.
struct Sizes(u64);

impl Sizes {
    fn new(seed: u16) -> Self {
        Self(seed.into())
    }

    fn next(&mut self) -> usize {
        match self.0 {
            0 => usize::MAX,
            1 => 1,
            state => {
                let state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(2);
                self.0 = state | 2;
                let most = 1 << (state >> 33 & 0xf);
                1 + (state >> 40) as usize % most
            }
        }
    }
}
