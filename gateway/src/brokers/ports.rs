//! The ports at which clients reach brokers.

use super::BrokerId;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The port that each broker gets: the one that the settings name, or one of a range; without a range, any free one.
///
/// A broker of the range gets a port by a hash of its name and id, so that a gateway gives it the same port after a restart, and other
/// gateways with the same range do, too. If two brokers have the same hash, the one that was seen first keeps it, and the other one
/// takes the next free port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ports {
    fixed: BTreeMap<BrokerId, u16>,
    range: Option<RangeInclusive<u16>>,
    /// Whether the port two below each one is kept for clients that use the VIP channel.
    vip: bool,
    taken: BTreeSet<u16>,
}

impl Ports {
    pub(crate) fn new(
        fixed: BTreeMap<BrokerId, u16>,
        range: Option<RangeInclusive<u16>>,
        vip: bool,
    ) -> Self {
        let taken = fixed.values().copied().collect();
        Self { fixed, range, vip, taken }
    }

    /// Returns the ports to try for a broker, the best one first: the one of the settings only, if they name one.
    pub(crate) fn candidates(&self, broker: &BrokerId) -> Vec<u16> {
        if let Some(&port) = self.fixed.get(broker) {
            return vec![port];
        }
        // Any free port.
        let Some(range) = &self.range else { return vec![0] };
        let places = usable(range, self.vip);
        if places.is_empty() {
            return places;
        }
        let first = broker.hash() as usize % places.len();
        let (before, from) = places.split_at(first);
        from.iter().chain(before).copied().filter(|port| !self.taken.contains(port)).collect()
    }

    /// Records that a broker has this port.
    pub(crate) fn take(&mut self, port: u16) {
        self.taken.insert(port);
    }
}

/// Returns the ports of a range that brokers may have. With VIP channels, blocks of four: the upper two are brokers' ports, and the lower
/// two their VIP channels'.
fn usable(range: &RangeInclusive<u16>, vip: bool) -> Vec<u16> {
    let first = *range.start();
    range.clone().filter(|port| !vip || (port - first) % 4 >= 2).collect()
}

#[cfg(test)]
mod tests {
    use super::{BrokerId, Ports, usable};

    fn broker(name: &str) -> BrokerId {
        BrokerId { upstream: "main".into(), name: name.into(), id: 0 }
    }

    #[test]
    fn vip_channels_have_ports_of_their_own() {
        let ports = usable(&(100..=111), true);
        assert_eq!(ports, [102, 103, 106, 107, 110, 111]);
        assert!(ports.iter().all(|port| !ports.contains(&(port - 2))));
        assert_eq!(usable(&(100..=103), false), [100, 101, 102, 103]);
    }

    #[test]
    fn a_broker_gets_the_same_port_whatever_came_before_it() {
        let ports = Ports::new([].into(), Some(20_000..=20_999), true);
        let port = ports.candidates(&broker("a"))[0];
        let mut others = ports.clone();
        others.take(ports.candidates(&broker("b"))[0]);
        assert_eq!(others.candidates(&broker("a"))[0], port);
        // Its port is taken: the next free one.
        others.take(port);
        let next = others.candidates(&broker("a"))[0];
        assert!(next > port || next < 20_100, "{port} {next}");
    }

    #[test]
    fn a_port_of_the_settings_goes_to_no_other_broker() {
        let fixed = [(broker("a"), 102)].into();
        let ports = Ports::new(fixed, Some(100..=103), true);
        assert_eq!(ports.candidates(&broker("a")), [102]);
        assert_eq!(ports.candidates(&broker("b")), [103]);
        let ports = Ports::new([(broker("a"), 102)].into(), None, true);
        assert_eq!(ports.candidates(&broker("a")), [102]);
        assert_eq!(ports.candidates(&broker("b")), [0]);
        let mut full = Ports::new([].into(), Some(100..=102), true);
        full.take(102);
        assert_eq!(full.candidates(&broker("b")), [] as [u16; 0]);
    }
}
