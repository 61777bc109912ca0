//! The message ids that brokers assign.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The id in the response to a send: which broker stored the message, and at which offset.
///
/// Its text is hexadecimal: 4 or 16 bytes of address, 4 of port and 8 of offset, so 32 digits with
/// IPv4 and 56 with IPv6. Digits are written in upper case and read in either case. The id that a
/// client gives its message, [`UNIQ_KEY`](super::property::UNIQ_KEY), is a different one, though it
/// may have the same length.
///
/// ```
/// use rocketmq_tower_core::message::MessageId;
///
/// let id: MessageId = "7f00000100002a9f00000000000004d2".parse()?;
/// assert_eq!(id.host, ([127, 0, 0, 1], 10911).into());
/// assert_eq!(id.commit_log_offset, 1234);
/// assert_eq!(id.to_string(), "7F00000100002A9F00000000000004D2");
/// # Ok::<(), rocketmq_tower_core::message::InvalidMessageId>(())
/// ```
///
/// Exhaustive: the format is Java's and has these fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// The broker that stored the message.
    pub host: SocketAddr,
    /// The message's offset in its commit log, in bytes.
    pub commit_log_offset: i64,
}

/// The text is not the id of a stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a stored message: 32 or 56 hex digits with a port below 65536")]
pub struct InvalidMessageId;

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A broker writes one for each message: faster than `{:08X}`.
        let mut digits = Digits::default();
        match self.host.ip() {
            IpAddr::V4(ip) => digits.push(&ip.octets()),
            IpAddr::V6(ip) => digits.push(&ip.octets()),
        }
        digits.push(&u32::from(self.host.port()).to_be_bytes());
        digits.push(&self.commit_log_offset.to_be_bytes());
        f.write_str(digits.text())
    }
}

/// The hexadecimal digits of an id.
struct Digits {
    digits: [u8; 56],
    count: usize,
}

impl Default for Digits {
    fn default() -> Self {
        Self { digits: [0; 56], count: 0 }
    }
}

impl Digits {
    fn push(&mut self, bytes: &[u8]) {
        let places = self.digits[self.count..].chunks_exact_mut(2);
        for (place, byte) in places.zip(bytes) {
            place.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        self.count += 2 * bytes.len();
    }

    fn text(&self) -> &str {
        // Digits are ASCII, so the default is never used.
        std::str::from_utf8(&self.digits[..self.count]).unwrap_or_default()
    }
}

/// Returns the digit of a number below 16.
fn digit(number: u8) -> u8 {
    number + if number < 10 { b'0' } else { b'A' - 10 }
}

impl FromStr for MessageId {
    type Err = InvalidMessageId;

    fn from_str(text: &str) -> Result<Self, InvalidMessageId> {
        // `from_str_radix` would accept signs as well.
        if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidMessageId);
        }
        let address = match text.len() {
            32 => 8,
            56 => 32,
            _ => return Err(InvalidMessageId),
        };
        let (ip, rest) = text.split_at(address);
        let (port, offset) = rest.split_at(8);
        let parse = |digits| u128::from_str_radix(digits, 16).map_err(|_| InvalidMessageId);
        let ip = match u32::from_str_radix(ip, 16) {
            Ok(bits) if address == 8 => IpAddr::V4(Ipv4Addr::from_bits(bits)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(parse(ip)?)),
        };
        let port = parse(port)?.try_into().map_err(|_| InvalidMessageId)?;
        let offset = u64::from_str_radix(offset, 16).map_err(|_| InvalidMessageId)?;
        Ok(Self { host: SocketAddr::new(ip, port), commit_log_offset: offset as i64 })
    }
}
