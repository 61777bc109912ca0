//! Connecting to one of several addresses: "happy eyeballs", RFC 8305.

mod attempts;
mod dial_end;
mod last_good;
mod order;
#[cfg(test)]
mod tests;

pub(super) use attempts::{Pace, first_of};
#[cfg(any(feature = "socks5", feature = "tls"))]
pub(super) use dial_end::reserving;
pub(in crate::client) use dial_end::{dial_end, dialing_until};
pub(super) use last_good::LastGood;
pub(super) use order::in_order;
