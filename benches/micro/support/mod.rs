//! Helpers of all measurements: frames of real clients, and peers in memory.
#![allow(dead_code, reason = "not every benchmark uses all of it")]

pub(crate) mod exchange;
pub(crate) mod frames;
pub(crate) mod processor;
pub(crate) mod scripted;
