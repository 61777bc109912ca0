//! The encodings of a header.

/// The encoding of a command's header. Each frame names its own, so one connection may mix both.
///
/// Exhaustive: the protocol has these two, and a frame with another one cannot be decoded.
///
/// The discriminants are the bytes on the wire (Java's `protocol/SerializeType.java`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SerializeType {
    /// JSON text: the default of every client.
    #[default]
    Json = 0,
    /// RocketMQ's own binary layout.
    RocketMq = 1,
}

impl SerializeType {
    /// Returns the type with this byte on the wire.
    #[must_use]
    pub const fn from_u8(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Json),
            1 => Some(Self::RocketMq),
            _ => None,
        }
    }

    /// Returns RocketMQ's name for the type, as written in the JSON header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::RocketMq => "ROCKETMQ",
        }
    }
}
