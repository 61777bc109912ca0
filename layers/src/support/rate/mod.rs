//! Rates by key, for layers that limit them.

mod bucket;
mod keyed;

pub(crate) use bucket::{Bucket, Rate};
pub(crate) use keyed::{Counted, Keyed, Place};
