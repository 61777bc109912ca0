//! How a header is written.

/// How a command's header is written. Each frame says it of itself, so one connection may mix both.
///
/// The discriminants are the bytes on the wire (Java's `protocol/SerializeType.java`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SerializeType {
    /// JSON text: what every client sends unless told otherwise.
    #[default]
    Json = 0,
    /// RocketMQ's own binary layout.
    RocketMq = 1,
}

impl SerializeType {
    /// The type that `byte` stands for on the wire.
    #[must_use]
    pub const fn from_u8(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Json),
            1 => Some(Self::RocketMq),
            _ => None,
        }
    }

    /// RocketMQ's name of it, as the JSON header carries it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::RocketMq => "ROCKETMQ",
        }
    }
}
