//! Errors of decoding and encoding a frame.

use std::io;

crate::texts_with_causes! {
    reading(source: io::Error) "reading failed", source;
    writing(source: io::Error) "writing failed", source;
}

/// Why bytes from the peer are not a frame. After such an error the stream cannot be read further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Reading failed.
    #[error(fmt = reading)]
    Io(#[from] io::Error),
    /// The first bytes are those of another protocol.
    #[error("the peer speaks {0}, this port speaks RocketMQ remoting")]
    ForeignProtocol(ForeignProtocol),
    /// The frame would exceed the limit.
    #[error("a frame of {length} bytes exceeds the limit of {max}")]
    FrameTooLong {
        /// The frame's length according to its length field, including that field.
        length: u64,
        /// The limit, [`RemotingCodec::max_frame_length`](super::RemotingCodec::max_frame_length).
        max: usize,
    },
    /// The frame is too short to hold even the header's length.
    #[error("a length field of {length} is too small, the minimum is 4")]
    FrameTooShort {
        /// The length field.
        length: usize,
    },
    /// The header does not fit into the frame.
    #[error("a header of {header} bytes does not fit into the {available} bytes of its frame")]
    HeaderTooLong {
        /// The header's length according to the header word.
        header: usize,
        /// The number of bytes that the frame has left for it.
        available: usize,
    },
    /// The frame names a header encoding that does not exist.
    #[error("unknown serialize type {0}")]
    UnknownSerializeType(u8),
    /// The header, or a text in it, is not UTF-8.
    #[error("{field} is not valid UTF-8 at byte {at}")]
    NotUtf8 {
        /// The part of the header.
        field: &'static str,
        /// Offset of the invalid byte from the start of that part.
        at: usize,
    },
    /// The JSON header is malformed.
    #[error("malformed JSON header at byte {at}: expected {expected}")]
    Json {
        /// Offset of the error from the start of the header.
        at: usize,
        /// The token that was expected there.
        expected: &'static str,
    },
    /// A field of the JSON header has an invalid value.
    #[error("the header's {field} is {value}, which is not {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value as received, truncated to 64 characters.
        value: String,
        /// The kind of value that the field accepts.
        expected: &'static str,
    },
    /// The binary header ends inside one of its fields.
    #[error("the header's {field} needs {needed} bytes, {available} are left")]
    HeaderEnds {
        /// The field.
        field: &'static str,
        /// The number of bytes that it needs.
        needed: usize,
        /// The number of bytes that are left of the header.
        available: usize,
    },
    /// A length in the binary header is negative.
    #[error("the header's {field} has a negative length: {length}")]
    NegativeLength {
        /// The field.
        field: &'static str,
        /// Its length.
        length: i32,
    },
    /// Bytes follow the last field of the binary header.
    #[error("{0} bytes follow the header's last field")]
    HeaderGoesOn(usize),
    /// The peer closed the connection inside a frame.
    #[error("the connection ended inside a frame, after {have} of {need} bytes")]
    EndInFrame {
        /// The number of bytes of the frame that arrived.
        have: usize,
        /// The length of the whole frame, or 4 if even the length field is incomplete.
        need: usize,
    },
}

/// Another protocol, recognized by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignProtocol {
    /// HTTP/1: a method name.
    Http1,
    /// HTTP/2 (gRPC): its connection preface.
    Http2,
    /// TLS: a handshake record.
    Tls,
    /// A PROXY protocol header, version 1 or 2.
    Proxy,
}

impl ForeignProtocol {
    /// Recognizes a protocol by its first four bytes.
    pub(super) fn detect(first: [u8; 4]) -> Option<Self> {
        match &first {
            b"PRI " => Some(Self::Http2),
            b"GET " | b"PUT " | b"POST" | b"HEAD" | b"OPTI" | b"DELE" | b"PATC" | b"CONN"
            | b"TRAC" => Some(Self::Http1),
            b"PROX" | b"\r\n\r\n" => Some(Self::Proxy),
            [0x16, 0x03, ..] => Some(Self::Tls),
            _ => None,
        }
    }
}

impl std::fmt::Display for ForeignProtocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1",
            Self::Http2 => "HTTP/2 (gRPC?)",
            Self::Tls => "TLS",
            Self::Proxy => "the PROXY protocol",
        })
    }
}

/// Why a command could not be encoded. None of its bytes were written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Writing failed.
    #[error(fmt = writing)]
    Io(#[from] io::Error),
    /// The frame would exceed the limit, which is the same in both directions.
    #[error("a frame of {length} bytes exceeds the limit of {max}")]
    FrameTooLong {
        /// The frame's length, including the length field.
        length: usize,
        /// The limit, [`RemotingCodec::max_frame_length`](super::RemotingCodec::max_frame_length).
        max: usize,
    },
    /// The header's length does not fit into the 24 bits that a frame has for it.
    #[error("a header of {length} bytes exceeds the limit of {max}")]
    HeaderTooLong {
        /// The header's length.
        length: usize,
        /// The limit, 2^24 - 1.
        max: usize,
    },
}
