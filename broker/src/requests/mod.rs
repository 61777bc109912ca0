//! What the broker is asked, and its answers.

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
