//! Ends connections that a connection-level layer refuses.

use rocketmq_tower_core::{CloseReason, Connection, Disconnect};
use std::borrow::Cow;

/// Sets the close reason. Dropping the connection afterwards closes it.
pub(crate) fn refuse<Io>(
    connection: &Connection<Io>,
    why: impl Into<Cow<'static, str>>,
) -> Disconnect {
    end(connection, CloseReason::Refused(why.into()))
}

/// Like [`refuse`], with any reason.
pub(crate) fn end<Io>(connection: &Connection<Io>, reason: CloseReason) -> Disconnect {
    connection.channel().close_with(reason.clone());
    Disconnect::new(reason)
}
