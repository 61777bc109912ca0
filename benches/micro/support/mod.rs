//! What all of these measurements are made of: frames of real clients, and bytes that come from memory.
#![allow(dead_code, reason = "not every benchmark uses all of it")]

pub(crate) mod exchange;
pub(crate) mod frames;
pub(crate) mod processor;
pub(crate) mod scripted;
