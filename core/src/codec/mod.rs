//! Frames to commands and back: [`RemotingCodec`].

mod binary;
mod buffer_pool;
mod decode;
mod encode;
mod error;
mod json;

pub use error::{DecodeError, EncodeError, ForeignProtocol};

/// The length field, which is not counted in its own value.
const LENGTH_FIELD: usize = 4;

/// The word after the length field: serialize type in the top byte, header length in the other
/// three.
const HEADER_WORD: usize = 4;

/// The largest header length that the header word can hold.
const MAX_HEADER: usize = (1 << 24) - 1;

/// What the length field can tell.
const LARGEST_FRAME: usize = (u32::MAX as usize).saturating_add(LENGTH_FIELD);

/// Java's `com.rocketmq.remoting.frameMaxLength`.
const MAX_FRAME: usize = 16 * 1024 * 1024;

/// The size that a read buffer has at first; see [`RemotingCodec`].
pub(crate) const BLOCK: usize = 8 * 1024;

/// The size that it grows to under load.
pub(crate) const LARGEST_BLOCK: usize = 64 * 1024;

/// The codec of RocketMQ's remoting protocol, for `tokio_util::codec::Framed` and by itself.
///
/// # The frame
///
/// All integers are big endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | length of all that follows |
/// | 4 | 1 | how the header is written: 0 JSON, 1 RocketMQ's binary layout |
/// | 5 | 3 | length of the header, `h` |
/// | 8 | `h` | header |
/// | 8 + `h` | rest | body |
///
/// Source: Java's `protocol/RemotingCommand.java` and `netty/NettyDecoder.java`.
///
/// # Leniency
///
/// A JSON header may lack any key, hold unknown ones, numbers as text, fractions (cut), `null`s,
/// and ext fields of any type (kept as their JSON text): real clients send all of that. Keys must
/// be spelled and quoted as in JSON; Java's parser takes more. A missing `opaque` is 0. A binary
/// header must end where it says.
///
/// # What is encoded how
///
/// A command is written in its own [`SerializeType`](crate::SerializeType), unless the binary
/// header cannot hold it (a code beyond 16 bits, such as `POP_MESSAGE`, a version beyond 16 bits,
/// an ext field's name beyond 32767 bytes): then it is written as JSON. Every frame says how it is
/// written, so peers read either.
///
/// # What is copied
///
/// Ext fields and bodies share the memory that the frame was read into, so a long body is never
/// copied. Sharing has a price: a slice keeps the whole allocation alive. It is bounded like this:
///
/// * Bodies below a quarter of the read block, and those below half of their frame, are copied. So
///   a body that somebody keeps never holds more than about four times its size.
/// * A frame longer than a block is read into an allocation of its own, at most four times what has
///   arrived of it, and in the end of its length; what was read past its end is copied out.
/// * Ext fields, which are short-lived as a rule, hold at most one block, or their own frame if
///   that is longer. `to_owned` what is to be kept for long.
///
/// # Memory
///
/// A block has 8 KiB at first. Whenever one read has filled it, so that more can be expected to
/// come, the next has twice the size, up to 64 KiB; when that is too much, half of it.
///
/// The allocations of the last four frames that were longer than a block, but not longer than 5 MiB,
/// are kept by each thread, and used again once the command, its body and all clones of that are
/// dropped.
///
/// Before a frame's length is known to be within [`max_frame_length`](Self::max_frame_length),
/// nothing is reserved for it. After, room grows with the bytes that arrive (fourfold), never to
/// the length that the peer claims.
#[derive(Clone, Debug)]
pub struct RemotingCodec {
    max_frame_length: usize,
    /// The length of the frame that is being read, once its length field has been checked.
    expected: Option<usize>,
    /// Whether a frame was read, so that what follows can't be the preface of another protocol.
    started: bool,
    /// The size of the next read block.
    block: usize,
    /// Whether there was room for a block, so that a read has filled it if there is none.
    reserved: bool,
    /// How much of it was filled at most.
    filled: usize,
}

impl RemotingCodec {
    /// A codec with a frame limit of 16 MiB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame_length: MAX_FRAME,
            expected: None,
            started: false,
            block: BLOCK,
            reserved: false,
            filled: 0,
        }
    }

    /// Sets the largest frame, in both directions, length field included. 16777216 by default,
    /// Java's `com.rocketmq.remoting.frameMaxLength`: so the largest length field is 16777212. More
    /// than 4 GiB, which the length field cannot tell, counts as that.
    #[must_use]
    pub const fn with_max_frame_length(mut self, bytes: usize) -> Self {
        self.max_frame_length = if bytes < LARGEST_FRAME { bytes } else { LARGEST_FRAME };
        self
    }

    /// The read buffer was given back. What comes next may be as much as before; if blocks were
    /// much too large for that, they become smaller.
    pub(crate) fn rest(&mut self) {
        if self.filled < self.block / 4 {
            self.block = (self.block / 2).max(BLOCK);
        }
        self.filled = 0;
        self.reserved = false;
    }

    /// The largest frame, in both directions, length field included.
    #[must_use]
    pub const fn max_frame_length(&self) -> usize {
        self.max_frame_length
    }
}

impl Default for RemotingCodec {
    fn default() -> Self {
        Self::new()
    }
}
