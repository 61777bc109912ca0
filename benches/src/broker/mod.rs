//! Loads for brokers: sends, and the consumption of what was sent.

mod check;
pub(crate) mod figures;
pub(crate) mod messages;
mod puller;
pub(crate) mod pulls;
pub(crate) mod sends;
