//! A client, a broker and folders for tests.

pub(crate) mod folder;
pub(crate) mod peer;
pub(crate) mod popped;
pub(crate) mod requests;
pub(crate) mod running;
mod soon;

pub(crate) use soon::{PATIENCE, soon};
