//! The order in which addresses are tried.

use std::collections::VecDeque;
use std::net::SocketAddr;

/// The maximum number of addresses that one dial tries.
pub(in crate::client::transport) const MAX_ADDRS: usize = 16;

/// Returns at most [`MAX_ADDRS`] addresses in the order in which they are tried, and how many are
/// left out. `first` is first, if it was found. Then the address families take turns, beginning with
/// that of the first address found. Within a family the order stays. An address that occurs twice
/// is tried once.
pub(in crate::client::transport) fn in_order(
    found: impl IntoIterator<Item = SocketAddr>,
    first: Option<SocketAddr>,
) -> (Vec<SocketAddr>, usize) {
    let mut found: VecDeque<SocketAddr> = found.into_iter().collect();
    let mut ordered = Vec::with_capacity(found.len().min(MAX_ADDRS));
    ordered.extend(first.filter(|first| found.contains(first)));
    let mut want_v6 = found.front().is_some_and(SocketAddr::is_ipv6);
    while ordered.len() < MAX_ADDRS {
        let place = found.iter().position(|addr| addr.is_ipv6() == want_v6);
        let Some(addr) = found.remove(place.unwrap_or(0)) else { break };
        want_v6 = !addr.is_ipv6();
        if !ordered.contains(&addr) {
            ordered.push(addr);
        }
    }
    found.retain(|addr| !ordered.contains(addr));
    (ordered, found.len())
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "test code")]
mod tests {
    use super::{MAX_ADDRS, in_order};
    use std::net::SocketAddr;

    fn addrs(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn families_take_turns_and_keep_their_order() {
        let found = ["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1", "10.0.0.2:1"];
        let expected = ["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"];
        assert_eq!(in_order(addrs(&found), None).0, addrs(&expected));
        let found = ["10.0.0.1:1", "10.0.0.2:1", "[::1]:1", "10.0.0.1:1"];
        assert_eq!(
            in_order(addrs(&found), None).0,
            addrs(&["10.0.0.1:1", "[::1]:1", "10.0.0.2:1"])
        );
    }

    #[test]
    fn the_last_good_address_is_first_if_the_name_still_has_it() {
        let found = addrs(&["[::1]:1", "10.0.0.1:1", "10.0.0.2:1"]);
        let expected = addrs(&["10.0.0.2:1", "[::1]:1", "10.0.0.1:1"]);
        assert_eq!(in_order(found.clone(), Some(found[2])).0, expected);
        let gone = addrs(&["10.0.0.3:1"])[0];
        assert_eq!(in_order(found.clone(), Some(gone)), (found, 0));
    }

    #[test]
    fn their_number_is_bounded() {
        let found = (1..=200).map(|last| SocketAddr::from(([10, 0, 0, last], 1)));
        let first = SocketAddr::from(([10, 0, 0, 200], 1));
        let (ordered, left_out) = in_order(found, Some(first));
        assert_eq!((ordered.len(), ordered[0], left_out), (MAX_ADDRS, first, 200 - MAX_ADDRS));
        assert_eq!(in_order([], None), (Vec::new(), 0));
    }
}
