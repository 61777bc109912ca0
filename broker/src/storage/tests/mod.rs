//! One suite for both storages.

mod log;
mod suite;
mod tables;
