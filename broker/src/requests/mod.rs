//! The handlers of requests to the broker, by request code.

mod batch;
pub(crate) mod groups;
mod long_polling;
pub(crate) mod lookup;
pub(crate) mod offsets;
pub(crate) mod pull;
pub(crate) mod reply;
pub(crate) mod send;
pub(crate) mod send_back;
pub(crate) mod topics;
pub(crate) mod transaction;
