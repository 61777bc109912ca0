//! Store hosts in the bodies of answers and of requests to clients.

use bytes::{BufMut, Bytes, BytesMut};
use rocketmq_tower_core::message::sys_flag;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

// The places of fields in an encoded message; see `rocketmq_tower_core::message::StoredMessage`.
const SYS_FLAG: usize = 36;
const BORN_HOST: usize = 48;
const STORE_TIMESTAMP: usize = 8;

/// Replaces the store hosts in a sequence of encoded messages: `outside` returns the address for one of the cluster.
///
/// That is done in place, and the body is copied only if others hold it, too; or if a host gets another kind of address, as IPv4 and IPv6
/// have different lengths. What is not a sequence of messages stays as it is from there on.
pub(super) fn patch(body: Bytes, outside: impl Fn(SocketAddr) -> Option<SocketAddr>) -> Bytes {
    let Some(first) = next(&body, 0, &outside) else { return body };
    let mut bytes = BytesMut::from(body);
    let mut change = Some(first);
    while let Some((found, host)) = change {
        if host.is_ipv4() != found.is_ipv4() {
            return rebuild(&bytes, found.start, &outside);
        }
        write(&mut bytes[found.place], host);
        change = next(&bytes, found.end, &outside);
    }
    bytes.freeze()
}

/// Copies a sequence of messages whose lengths change, those before `start` as they are.
///
/// A message tells its own length and the kinds of its addresses, so nothing else in it depends on them: its checksum is that of the body, and
/// its offsets are those in the broker's files.
fn rebuild(
    bytes: &[u8],
    start: usize,
    outside: &impl Fn(SocketAddr) -> Option<SocketAddr>,
) -> Bytes {
    let mut out = BytesMut::with_capacity(bytes.len() + bytes.len() / 4);
    let (mut copied, mut at) = (0, start);
    while let Some((found, host)) = next(bytes, at, outside) {
        out.put_slice(&bytes[copied..found.start]);
        let message = out.len();
        out.put_slice(&bytes[found.start..found.place.start]);
        let place = out.len();
        out.put_bytes(0, length(host.is_ipv4()));
        write(&mut out[place..], host);
        out.put_slice(&bytes[found.place.end..found.end]);
        // At most 12 bytes more than before, which fits: a frame is shorter than 2 GiB.
        let size = i32::try_from(out.len() - message).unwrap_or(i32::MAX);
        put_i32(&mut out[message..], size);
        let flags = match host.is_ipv4() {
            true => found.flags & !sys_flag::STORE_HOST_V6,
            false => found.flags | sys_flag::STORE_HOST_V6,
        };
        put_i32(&mut out[message + SYS_FLAG..], flags);
        (copied, at) = (found.end, found.end);
    }
    out.put_slice(&bytes[copied..]);
    out.freeze()
}

/// A message with a store host.
struct Found {
    start: usize,
    flags: i32,
    /// The place of the store host.
    place: Range<usize>,
    end: usize,
}

impl Found {
    fn is_ipv4(&self) -> bool {
        self.place.len() == length(true)
    }
}

/// Returns the length of an address with its port.
const fn length(is_ipv4: bool) -> usize {
    if is_ipv4 { 8 } else { 20 }
}

fn put_i32(mut place: &mut [u8], number: i32) {
    place.put_i32(number);
}

/// Returns the next store host from the message at `start` on that has to be replaced.
fn next(
    bytes: &[u8],
    mut start: usize,
    outside: &impl Fn(SocketAddr) -> Option<SocketAddr>,
) -> Option<(Found, SocketAddr)> {
    loop {
        let found = locate(bytes, start)?;
        if let Some(host) = read(&bytes[found.place.clone()]).and_then(outside) {
            return Some((found, host));
        }
        start = found.end;
    }
}

/// Returns the place of the store host of the message at `start`, or `None` if there is no whole message.
fn locate(bytes: &[u8], start: usize) -> Option<Found> {
    let message = bytes.get(start..)?;
    let size = i32::from_be_bytes(*message.first_chunk()?);
    let message = message.get(..usize::try_from(size).ok()?)?;
    let flags = i32::from_be_bytes(*message.get(SYS_FLAG..)?.first_chunk()?);
    let length = |v6| length(flags & v6 == 0);
    let host = BORN_HOST + length(sys_flag::BORN_HOST_V6) + STORE_TIMESTAMP;
    let place = host..host + length(sys_flag::STORE_HOST_V6);
    message.get(place.clone())?;
    let place = start + place.start..start + place.end;
    Some(Found { start, flags, place, end: start + message.len() })
}

fn read(place: &[u8]) -> Option<SocketAddr> {
    let (ip, port) = place.split_last_chunk::<4>()?;
    let ip: IpAddr = match ip.len() {
        4 => <[u8; 4]>::try_from(ip).ok()?.into(),
        _ => <[u8; 16]>::try_from(ip).ok()?.into(),
    };
    Some(SocketAddr::new(ip, u32::from_be_bytes(*port).try_into().ok()?))
}

fn write(mut place: &mut [u8], host: SocketAddr) {
    match host.ip() {
        IpAddr::V4(ip) => place.put_slice(&ip.octets()),
        IpAddr::V6(ip) => place.put_slice(&ip.octets()),
    }
    place.put_u32(host.port().into());
}

#[cfg(test)]
mod tests {
    use super::patch;
    use bytes::{Bytes, BytesMut};
    use rocketmq_tower_core::message::{Properties, StoredMessage};
    use std::net::SocketAddr;

    fn record(born: &str, store: &str, into: &mut BytesMut) {
        let message = StoredMessage {
            queue_id: 1,
            flag: 0,
            queue_offset: 2,
            commit_log_offset: 3,
            sys_flag: 0,
            born_timestamp: 4,
            born_host: born.parse().unwrap(),
            store_timestamp: 5,
            store_host: store.parse().unwrap(),
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: b"text",
            topic: "T",
            properties: Properties::new(""),
        };
        message.encode(into).unwrap();
    }

    fn outside(inside: SocketAddr) -> Option<SocketAddr> {
        match inside.to_string().as_str() {
            "10.0.0.1:10911" => Some("192.0.2.9:20911".parse().unwrap()),
            "[fd00::1]:10911" => Some("[2001:db8::9]:20911".parse().unwrap()),
            "10.0.0.3:10911" => Some("[2001:db8::9]:20911".parse().unwrap()),
            "[fd00::3]:10911" => Some("192.0.2.9:20911".parse().unwrap()),
            _ => None,
        }
    }

    fn hosts(body: &[u8]) -> Vec<String> {
        StoredMessage::decode_all(body)
            .map(|message| message.unwrap().store_host.to_string())
            .collect()
    }

    #[test]
    fn store_hosts_become_those_of_the_gateway() {
        let mut body = BytesMut::new();
        record("10.0.0.1:10911", "10.0.0.1:10911", &mut body);
        record("[::1]:5", "10.0.0.2:10911", &mut body);
        record("[::1]:5", "[fd00::1]:10911", &mut body);
        record("1.2.3.4:5", "10.0.0.1:10911", &mut body);
        let length = body.len();
        let body = patch(body.freeze(), outside);
        assert_eq!(body.len(), length);
        let expected =
            ["192.0.2.9:20911", "10.0.0.2:10911", "[2001:db8::9]:20911", "192.0.2.9:20911"];
        assert_eq!(hosts(&body), expected);
        let (first, _) = StoredMessage::decode(&body).unwrap();
        assert_eq!(first.born_host.to_string(), "10.0.0.1:10911");
    }

    #[test]
    fn hosts_that_get_another_kind_of_address_change_the_lengths_of_their_messages() {
        let (mut body, mut expected) = (BytesMut::new(), BytesMut::new());
        for (born, inside, outside) in [
            ("1.2.3.4:5", "10.0.0.1:10911", "192.0.2.9:20911"),
            ("1.2.3.4:5", "10.0.0.3:10911", "[2001:db8::9]:20911"),
            ("[::1]:5", "10.0.0.3:10911", "[2001:db8::9]:20911"),
            ("1.2.3.4:5", "10.0.0.2:10911", "10.0.0.2:10911"),
            ("[::1]:5", "[fd00::3]:10911", "192.0.2.9:20911"),
            ("1.2.3.4:5", "[fd00::1]:10911", "[2001:db8::9]:20911"),
            ("1.2.3.4:5", "[fd00::3]:10911", "192.0.2.9:20911"),
        ] {
            record(born, inside, &mut body);
            record(born, outside, &mut expected);
        }
        for rest in [&b""[..], b"\0\0\0\x64 no whole message"] {
            let (mut body, mut expected) = (body.clone(), expected.clone());
            body.extend_from_slice(rest);
            expected.extend_from_slice(rest);
            assert_eq!(patch(body.freeze(), outside), expected);
        }
    }

    #[test]
    fn a_body_that_others_hold_is_copied() {
        let mut body = BytesMut::new();
        record("1.2.3.4:5", "10.0.0.1:10911", &mut body);
        let body = body.freeze();
        let patched = patch(body.clone(), outside);
        assert_eq!(hosts(&body), ["10.0.0.1:10911"]);
        assert_eq!(hosts(&patched), ["192.0.2.9:20911"]);
    }

    #[test]
    fn bytes_that_are_no_messages_stay() {
        for bytes in [
            &b""[..],
            b"abc",
            &[0; 100],
            &[0xff; 100],
            b"\0\0\0\x28{\"a\":\"b\"}.............................",
        ] {
            let body = Bytes::copy_from_slice(bytes);
            assert_eq!(patch(body.clone(), |_| Some(([1, 2, 3, 4], 5).into())), body);
        }
    }
}
