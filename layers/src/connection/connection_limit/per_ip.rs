//! Counts connections per IP address.

use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Counts connections per IP address. Only addresses with an open connection have an entry, so
/// there are at most as many entries as connections.
#[derive(Clone)]
pub(super) struct PerIp {
    max: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl fmt::Debug for PerIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerIp").field("max", &self.max).finish_non_exhaustive()
    }
}

/// One counted connection; dropping it decrements the count.
#[derive(Debug)]
pub(super) struct Counted {
    table: PerIp,
    ip: IpAddr,
}

impl PerIp {
    pub(super) fn new(max: usize) -> Self {
        Self { max, counts: Arc::default() }
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.max != usize::MAX
    }

    /// Counts one more connection from `ip`. Returns `None` if the maximum is reached.
    pub(super) fn count(&self, ip: IpAddr) -> Option<Counted> {
        // On a dual-stack socket an IPv4 client has an IPv4-mapped address; count it as the same
        // client.
        let ip = ip.to_canonical();
        let mut counts = lock(&self.counts);
        let count = counts.entry(ip).or_default();
        if *count >= self.max {
            if *count == 0 {
                counts.remove(&ip);
            }
            return None;
        }
        *count += 1;
        Some(Counted { table: self.clone(), ip })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = lock(&self.table.counts);
        if let Some(count) = counts.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PerIp;

    #[test]
    fn addresses_that_are_gone_leave_no_entry() {
        let table = PerIp::new(2);
        let ip = "10.0.0.1".parse().unwrap();
        let mapped = "::ffff:10.0.0.1".parse().unwrap();
        let first = table.count(ip);
        let second = table.count(mapped);
        assert!(first.is_some() && second.is_some() && table.count(ip).is_none());
        assert!(table.count("10.0.0.2".parse().unwrap()).is_some());
        drop((first, second));
        assert!(table.counts.lock().unwrap().is_empty());
        assert!(PerIp::new(0).count(ip).is_none());
    }
}
