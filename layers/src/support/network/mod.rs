//! IP networks in CIDR notation, for lists of allowed or denied addresses.
//!
//! ```
//! use rocketmq_tower_layers::network::{Network, contains};
//!
//! # fn main() -> Result<(), rocketmq_tower_layers::network::ParseNetworkError> {
//! let ours: [Network; 3] = ["10.0.0.0/8".parse()?, "fd00::/8".parse()?, "127.0.0.1".parse()?];
//! assert!(contains(&ours, [10, 1, 2, 3].into()));
//! assert!(!contains(&ours, [192, 0, 2, 1].into()));
//! # Ok(())
//! # }
//! ```

mod error;

pub use error::ParseNetworkError;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network in CIDR notation, `10.0.0.0/8`, or a single address.
///
/// IPv4-mapped addresses, as seen by a dual-stack socket (`::ffff:10.0.0.1`), count as IPv4
/// addresses: `10.0.0.0/8` contains them, `::/0` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

impl Network {
    /// Creates the network of the addresses whose first `prefix` bits are those of `first`.
    ///
    /// # Errors
    /// If the prefix is longer than the address, or `first` has non-zero bits after it, which would
    /// be ambiguous.
    pub fn new(first: IpAddr, prefix: u8) -> Result<Self, ParseNetworkError> {
        let width = width(first);
        if prefix > width {
            return Err(ParseNetworkError::Prefix { max: width });
        }
        if behind(first, prefix) != 0 {
            return Err(ParseNetworkError::BitsBehindPrefix { prefix });
        }
        Ok(match first.to_canonical() {
            // Shorter prefixes contain more than the IPv4-mapped addresses.
            IpAddr::V4(v4) if first.is_ipv6() && prefix >= 96 => {
                Self { first: v4.into(), prefix: prefix - 96 }
            }
            _ => Self { first, prefix },
        })
    }

    /// Returns whether `ip` belongs to the network.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.first, ip.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => {
                let differ = u128::from(first.to_bits() ^ ip.to_bits());
                differ >> (32 - self.prefix) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(ip)) => {
                let differ = first.to_bits() ^ ip.to_bits();
                differ.checked_shr(u32::from(128 - self.prefix)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// Returns whether `ip` belongs to one of `networks`, by linear search.
#[must_use]
pub fn contains(networks: &[Network], ip: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(ip))
}

/// Returns `ip` itself if it is IPv4; if it is IPv6, `ip` with all but its first `v6` bits zero.
pub(crate) fn around(ip: IpAddr, v6: u8) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(v6.min(128))).unwrap_or(0);
            Ipv6Addr::from_bits(ip.to_bits() & mask).into()
        }
        v4 => v4,
    }
}

const fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// Returns the bits of `ip` after its first `prefix` bits; zero if they are all zero.
fn behind(ip: IpAddr, prefix: u8) -> u128 {
    let bits = match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()) << 96,
        IpAddr::V6(ip) => ip.to_bits(),
    };
    bits.checked_shl(prefix.into()).unwrap_or(0)
}

/// The network that contains just this address.
impl From<IpAddr> for Network {
    fn from(ip: IpAddr) -> Self {
        let first = ip.to_canonical();
        Self { first, prefix: width(first) }
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, ParseNetworkError> {
        let address = |text: &str| text.parse().map_err(|_| ParseNetworkError::Address);
        match text.split_once('/') {
            None => address(text).map(|ip: IpAddr| ip.into()),
            Some((first, prefix)) => {
                let first = address(first)?;
                let wrong = ParseNetworkError::Prefix { max: width(first) };
                Self::new(first, prefix.parse().map_err(|_| wrong)?)
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

#[cfg(test)]
mod tests;
