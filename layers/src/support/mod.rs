//! Code that several layers share.

pub(crate) mod admission;
pub(crate) mod ending;
pub(crate) mod fallible;
pub mod identity;
pub(crate) mod inner;
pub mod network;
pub(crate) mod observed;
pub(crate) mod pattern;
pub(crate) mod rate;
pub(crate) mod refused;
pub(crate) mod table;
pub mod task;
pub(crate) mod unused;
pub(crate) mod writes;
