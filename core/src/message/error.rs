//! What can be wrong with a message.

/// Why bytes are not a message, or a message cannot become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The bytes end before one of the message's fields does.
    #[error("the message's {field} needs {needed} bytes, {available} are left")]
    Truncated {
        /// The field.
        field: &'static str,
        /// What it needs.
        needed: usize,
        /// What is left.
        available: usize,
    },
    /// The message's size does not even cover itself.
    #[error("a message of {0} bytes is too small, its size alone takes 4")]
    TooSmall(i32),
    /// A length is negative.
    #[error("the message's {field} has the length {length}")]
    NegativeLength {
        /// The field.
        field: &'static str,
        /// Its length.
        length: i32,
    },
    /// The message is of a form that is not known; or these bytes are none.
    #[error("messages of the form {0:#010x} are not known")]
    UnknownMagic(u32),
    /// A port that does not exist.
    #[error("the message's {field} has the port {port}")]
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
        /// Where, from the start of the field.
        at: usize,
    },
    /// The message's size covers more than its fields.
    #[error("{0} bytes follow the message's last field")]
    GoesOn(usize),
    /// A field, or the whole, is too long to be written.
    #[error("the message's {field} of {length} bytes exceeds the limit of {max}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length.
        length: usize,
        /// What its length field can say.
        max: usize,
    },
}
