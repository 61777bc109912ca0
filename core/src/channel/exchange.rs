//! The identity of a request that a connection received.

use crate::command::{RemotingCommand, SerializeType};
use std::num::NonZeroU64;

/// Identifies one exchange of one connection: the slot that it runs in, and a turn number that
/// tells it from earlier exchanges in the same slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExchangeId(NonZeroU64);

impl ExchangeId {
    pub(crate) fn new(slot: u32, turn: u32) -> Self {
        let id = NonZeroU64::new(u64::from(turn) << 32 | u64::from(slot));
        // Never zero: turns start at 1, even after they wrap around.
        Self(id.unwrap_or(NonZeroU64::MIN))
    }

    pub(crate) fn slot(self) -> u32 {
        self.0.get() as u32
    }

    /// Whether this exchange began after another one in the same slot.
    pub(super) fn is_after(self, other: Self) -> bool {
        self.0 > other.0
    }
}

/// The header fields that a response copies from its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) opaque: i32,
    serialize_type: SerializeType,
}

impl Stamp {
    pub(crate) fn of(request: &RemotingCommand) -> Self {
        Self { opaque: request.opaque(), serialize_type: request.serialize_type() }
    }

    /// Copies the stamped request's fields to `response`, and marks it as a response.
    #[inline]
    pub(crate) fn put_on(self, response: &mut RemotingCommand) {
        let response = response.parts_mut();
        response.opaque = self.opaque;
        response.serialize_type = self.serialize_type;
        response.flag |= RemotingCommand::RESPONSE;
    }
}
