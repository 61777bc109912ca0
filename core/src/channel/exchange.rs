//! The identity of a request that a connection received.

use super::Channel;
use crate::command::{RemotingCommand, SerializeType};
use std::num::NonZeroU64;

/// One exchange of one connection: the slot it runs in, and how often that slot was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExchangeId(NonZeroU64);

impl ExchangeId {
    pub(crate) fn new(slot: u32, turn: u32) -> Self {
        let id = NonZeroU64::new(u64::from(turn) << 32 | u64::from(slot));
        // Turns start at 1, also after they wrapped around.
        Self(id.unwrap_or(NonZeroU64::MIN))
    }

    pub(crate) fn slot(self) -> u32 {
        self.0.get() as u32
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
        Self { opaque: request.opaque, serialize_type: request.serialize_type }
    }

    /// Makes `response` the response to the stamped request.
    pub(crate) fn put_on(self, response: &mut RemotingCommand) {
        response.opaque = self.opaque;
        response.serialize_type = self.serialize_type;
        response.flag |= RemotingCommand::RESPONSE;
    }
}

/// Where a command came from. Set by the driver when it hands a request to the service.
///
/// This is the only link from a command to its connection. It closes the one circle of modules in
/// this crate: channels carry commands, and a command knows its channel.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) channel: Channel,
    /// `None` for a oneway request. Clones share the right to defer the response.
    pub(crate) exchange: Option<(ExchangeId, Stamp)>,
}
