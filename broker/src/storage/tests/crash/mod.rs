//! Crashes of the store on the disk.
//!
//! A ledger has all rounds that were appended, and says which of them must be there after a crash.

mod damage;
mod full;
mod ledger;
mod machine;
mod parts;
mod process;
mod steps;
mod tables;

pub(super) use tables::SimulatedTables;
