//! Errors of decoding and encoding a message.

/// Why a message could not be decoded or encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The bytes end inside one of the message's fields.
    #[error("the message's {field} needs {needed} bytes, {available} are left")]
    Truncated {
        /// The field.
        field: &'static str,
        /// The number of bytes that it needs.
        needed: usize,
        /// The number of bytes that are left.
        available: usize,
    },
    /// The message's size is less than the 4 bytes of the size field.
    #[error("a message size of {0} is too small, the size field alone has 4 bytes")]
    TooSmall(i32),
    /// A length is negative.
    #[error("the message's {field} has a negative length: {length}")]
    NegativeLength {
        /// The field.
        field: &'static str,
        /// Its length.
        length: i32,
    },
    /// The message has an unknown format, or the bytes are not a message.
    #[error("unknown message format: magic {0:#010x}")]
    UnknownMagic(u32),
    /// A host's port is not within 0 to 65535.
    #[error("the message's {field} has an invalid port: {port}")]
    Port {
        /// The field.
        field: &'static str,
        /// Its port.
        port: i32,
    },
    /// A text is not UTF-8.
    #[error("the message's {field} is not valid UTF-8 at byte {at}")]
    NotUtf8 {
        /// The field.
        field: &'static str,
        /// Offset of the invalid byte from the start of the field.
        at: usize,
    },
    /// The message's size exceeds that of its fields.
    #[error("{0} bytes follow the message's last field")]
    GoesOn(usize),
    /// A field or the whole message is too long to be encoded.
    #[error("the message's {field} of {length} bytes exceeds the limit of {max}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length.
        length: usize,
        /// The maximum of its length field.
        max: usize,
    },
}
