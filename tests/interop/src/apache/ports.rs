//! Finds free ports.

use rocketmq_tower::BoxError;
use std::net::{Ipv4Addr, TcpListener};

/// Below the range of ephemeral ports, so that no outgoing connection takes a port between the search
/// and the server's start.
const RANGE: std::ops::Range<u16> = 10_000..30_000;

/// Returns a port for which all of `port + offset` are free. The search begins at a port that depends
/// on the process, so that concurrent runs do not collide.
pub(crate) fn free_port(offsets: &[u16]) -> Result<u16, BoxError> {
    let count = RANGE.end - RANGE.start;
    let first = (std::process::id() * 16 % u32::from(count)) as u16;
    (0..count)
        .map(|step| RANGE.start + (first + step) % count)
        .find(|port| offsets.iter().all(|offset| is_free(port + offset)))
        .ok_or_else(|| "no port is free".into())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
