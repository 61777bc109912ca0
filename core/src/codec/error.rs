//! What can be wrong with a frame.

use std::io;

/// Why bytes from the peer are not a frame. The stream cannot be read any further after one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Reading failed.
    #[error("reading failed")]
    Io(#[from] io::Error),
    /// The first bytes are those of another protocol.
    #[error("the peer speaks {0}, this port speaks RocketMQ remoting")]
    ForeignProtocol(ForeignProtocol),
    /// The frame would exceed the limit.
    #[error("a frame of {length} bytes exceeds the limit of {max}")]
    FrameTooLong {
        /// The frame's length by its length field, that field included.
        length: u64,
        /// The limit, [`RemotingCodec::max_frame_length`](super::RemotingCodec::max_frame_length).
        max: usize,
    },
    /// The frame is too short to hold even the header's length.
    #[error("a length field of {length} is too small, a frame has at least 4 bytes")]
    FrameTooShort {
        /// The length field.
        length: usize,
    },
    /// The header does not fit into the frame.
    #[error("a header of {header} bytes does not fit into the {available} bytes of its frame")]
    HeaderTooLong {
        /// The header's length by its own word.
        header: usize,
        /// What the frame has for it.
        available: usize,
    },
    /// The header is written in a way that does not exist.
    #[error("unknown serialize type {0}")]
    UnknownSerializeType(u8),
    /// The header, or a text in it, is not UTF-8.
    #[error("{field} is not valid UTF-8 at byte {at}")]
    NotUtf8 {
        /// Which part of the header.
        field: &'static str,
        /// Where, from the start of that part.
        at: usize,
    },
    /// The JSON header is malformed.
    #[error("malformed JSON header at byte {at}: expected {expected}")]
    Json {
        /// Where, from the start of the header.
        at: usize,
        /// What should have been there.
        expected: &'static str,
    },
    /// A field of the JSON header has a value that does not fit it.
    #[error("the header's {field} is {value}, which is not {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value as written, cut after 64 characters.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The binary header ends before one of its fields does.
    #[error("the header's {field} needs {needed} bytes, {available} are left")]
    HeaderEnds {
        /// The field.
        field: &'static str,
        /// What it needs.
        needed: usize,
        /// What is left of the header.
        available: usize,
    },
    /// A length in the binary header is negative.
    #[error("the header's {field} has the length {length}")]
    NegativeLength {
        /// The field.
        field: &'static str,
        /// Its length.
        length: i32,
    },
    /// The binary header goes on after its last field.
    #[error("{0} bytes follow the header's last field")]
    HeaderGoesOn(usize),
    /// The peer ended the connection inside a frame.
    #[error("the connection ended inside a frame, after {have} of {need} bytes")]
    EndInFrame {
        /// How many bytes of the frame came.
        have: usize,
        /// The frame's whole length as far as it is known; 4 if not even that came.
        need: usize,
    },
}

/// Another protocol, known by its first bytes.
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
    /// Knows a protocol by the first four bytes that it sends.
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

/// Why a command cannot become a frame. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Writing failed.
    #[error("writing failed")]
    Io(#[from] io::Error),
    /// The frame would exceed the limit, which is the same in both directions.
    #[error("a frame of {length} bytes exceeds the limit of {max}")]
    FrameTooLong {
        /// The frame's length, length field included.
        length: usize,
        /// The limit, [`RemotingCodec::max_frame_length`](super::RemotingCodec::max_frame_length).
        max: usize,
    },
    /// The header exceeds the 24 bits that the frame has for its length.
    #[error("a header of {length} bytes exceeds the limit of {max}")]
    HeaderTooLong {
        /// The header's length.
        length: usize,
        /// 2^24 - 1.
        max: usize,
    },
}
