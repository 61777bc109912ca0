//! One suite for both storages.

mod crash;
mod disk;
mod log;
mod scratch;
mod simulated_store;
mod suite;
mod tables;

pub(crate) use super::files::simulated::{Fault, Random};
pub(super) use log::record;
pub(super) use scratch::Scratch;
pub(crate) use simulated_store::SimulatedStore;
