//! Decodes and encodes frames: [`RemotingCodec`].

mod ascii;
mod binary;
pub(crate) mod blocks;
mod boxed;
mod buffer_pool;
mod decode;
mod encode;
mod error;
pub(crate) mod json;

pub(crate) use boxed::{BoxedCodec, BoxedError};
pub use error::{DecodeError, EncodeError, ForeignProtocol};

/// Size of the length field, which does not count itself.
const LENGTH_FIELD: usize = 4;

/// Size of the word after the length field: serialize type in the top byte, header length in the
/// other three.
const HEADER_WORD: usize = 4;

/// The largest header length that the header word can hold.
const MAX_HEADER: usize = (1 << 24) - 1;

/// The length of the largest frame that the length field can express.
const LARGEST_FRAME: usize = (u32::MAX as usize).saturating_add(LENGTH_FIELD);

/// The default limit, that of Java's `com.rocketmq.remoting.frameMaxLength`.
const MAX_FRAME: usize = 16 * 1024 * 1024;

/// Initial size of a read buffer in bytes; see [`RemotingCodec`].
pub(crate) const BLOCK: usize = 8 * 1024;

/// Size in bytes that a read buffer grows to under load.
pub(crate) const LARGEST_BLOCK: usize = 64 * 1024;

/// The codec of RocketMQ's remoting protocol, for use with `tokio_util::codec::Framed` or alone.
///
/// # The frame
///
/// All integers are big endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | number of bytes that follow |
/// | 4 | 1 | encoding of the header: 0 JSON, 1 RocketMQ's binary layout |
/// | 5 | 3 | length of the header, `h` |
/// | 8 | `h` | header |
/// | 8 + `h` | rest | body |
///
/// Source: Java's `protocol/RemotingCommand.java` and `netty/NettyDecoder.java`.
///
/// # Leniency
///
/// A JSON header may lack any key. It may hold unknown keys, numbers as text, fractions
/// (truncated), `null`s, and ext fields of any type (kept as their JSON text): real clients send
/// all of these. Keys must be spelled and quoted as in JSON; Java's parser accepts more. A missing
/// `opaque` is 0. A binary header must have exactly the length that its frame states.
///
/// # What is encoded how
///
/// A command is encoded in its own [`SerializeType`](crate::SerializeType). It is encoded as JSON
/// instead if the binary header cannot hold it: a code beyond 16 bits, such as `POP_MESSAGE`, a
/// version beyond 16 bits, or an ext field's name of more than 32767 bytes. Every frame names its
/// encoding, so peers read both.
///
/// # What is copied
///
/// Headers are copied: ext fields have an allocation of their own, which is no longer than the header. Bodies share the memory
/// that the frame was read into, so a long body is never copied. The price is that a slice keeps the whole allocation alive. That
/// is bounded:
///
/// * Bodies below a quarter of the read block, and those below half of their frame, are copied. So
///   a body that is kept holds at most about four times its size.
/// * A frame longer than a block is read into its own allocation. While it arrives, the allocation
///   has at most four times the bytes that have arrived; in the end it has the frame's length.
///   Bytes read past the frame's end are copied out.
///
/// # Memory
///
/// A block has 8 KiB at first. Whenever a read fills it, so that more input is likely, the next
/// block has twice the size, up to 64 KiB. When blocks turn out too large, the size is halved.
///
/// Each thread keeps the allocations of the last four frames longer than a block and of at most
/// 5 MiB. An allocation is reused once the command, its body and all clones of the body have been
/// dropped. Each thread also keeps up to 64 allocations of commands that were dropped, with at most 1 KiB for the ext fields of
/// each.
///
/// Nothing is reserved for a frame before its length is known to be within
/// [`max_frame_length`](Self::max_frame_length). After that, capacity grows with the bytes that
/// arrive (fourfold); it is never reserved just because the peer claims a length.
#[derive(Clone, Debug)]
pub struct RemotingCodec {
    max_frame_length: usize,
    /// The length of the frame that is being read, once its length field has been checked.
    expected: Option<usize>,
    /// Whether a frame was read. Later bytes can't be the preface of another protocol.
    started: bool,
    /// The size of the next read block.
    block: usize,
    /// Whether a block was reserved. If no capacity is left then, a read has filled it.
    reserved: bool,
    /// Most bytes of the block that were in use.
    filled: usize,
    /// The length of the last frame that was decoded.
    last_frame: usize,
    keep_headers: bool,
}

impl RemotingCodec {
    /// Creates a codec with a frame limit of 16 MiB.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame_length: MAX_FRAME,
            expected: None,
            started: false,
            block: BLOCK,
            reserved: false,
            filled: 0,
            last_frame: 0,
            keep_headers: false,
        }
    }

    /// Returns the length of the last frame that was decoded, in bytes.
    pub(crate) fn last_frame(&self) -> usize {
        self.last_frame
    }

    /// Sets the length of the largest frame in bytes, in both directions, including the length
    /// field. Default: 16777216, that of Java's `com.rocketmq.remoting.frameMaxLength`; so the
    /// largest length field is 16777212. Values beyond the maximum of the length field (4 GiB) are
    /// reduced to it.
    #[must_use]
    pub const fn with_max_frame_length(mut self, bytes: usize) -> Self {
        self.max_frame_length = if bytes < LARGEST_FRAME { bytes } else { LARGEST_FRAME };
        self
    }

    /// Sets whether JSON headers are kept as they are received. Default: false.
    ///
    /// A kept header is decoded when its ext fields are first read, and is sent byte for byte, but for opaque and flag, unless something
    /// else of the command was changed. So a command that is only passed on costs a fraction, and one whose fields are read costs a little
    /// more. Headers that are not as Java, Go and C++ write them are decoded at once.
    #[must_use]
    pub const fn keep_headers(mut self, keep: bool) -> Self {
        self.keep_headers = keep;
        self
    }

    /// Whether reads use blocks of the usual size, which connections share.
    pub(crate) fn has_usual_block(&self) -> bool {
        self.block == BLOCK
    }

    /// Notes that the read buffer was given back.
    pub(crate) fn gave_back(&mut self) {
        self.reserved = false;
    }

    /// Notes that the connection is idle. Halves the block size if less than a quarter of a block was in use.
    pub(crate) fn rest(&mut self) {
        if self.filled < self.block / 4 {
            self.block = (self.block / 2).max(BLOCK);
        }
        self.filled = 0;
        self.gave_back();
    }

    /// Returns the length of the largest frame in bytes, in both directions, including the length
    /// field.
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
