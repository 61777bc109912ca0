//! One suite for both storages.

mod crash;
mod disk;
mod log;
mod scratch;
mod suite;
mod tables;

pub(super) use log::record;
pub(super) use scratch::Scratch;
