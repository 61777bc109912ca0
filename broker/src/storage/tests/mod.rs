//! One suite for both storages.

mod log;
mod scratch;
mod suite;
mod tables;

pub(super) use scratch::Scratch;
