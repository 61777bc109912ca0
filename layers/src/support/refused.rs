//! What layers of the connection level do with whom they do not let in.

use rocketmq_tower_core::{CloseReason, Connection, Disconnect};
use std::borrow::Cow;

/// Makes the reason known. Dropping the connection, which follows, closes it.
pub(crate) fn refuse<Io>(
    connection: &Connection<Io>,
    why: impl Into<Cow<'static, str>>,
) -> Disconnect {
    end(connection, CloseReason::Refused(why.into()))
}

/// The same, for any reason.
pub(crate) fn end<Io>(connection: &Connection<Io>, reason: CloseReason) -> Disconnect {
    connection.channel().close_with(reason.clone());
    Disconnect::new(reason)
}
