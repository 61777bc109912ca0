//! Encodes a stored message.

use super::stored::{MAGIC_V1, MAGIC_V2};
use super::{MessageError, StoredMessage, sys_flag};
use bytes::{BufMut, Bytes, BytesMut};
use std::net::{IpAddr, SocketAddr};

/// Size in bytes of everything but body, topic and properties, in V1 and with IPv4 hosts.
const FIXED: usize = 91;

/// Number of bytes by which an IPv6 address is longer than an IPv4 address.
const V6_EXTRA: usize = 12;

/// The maximum length of the topic and of the properties, in bytes.
pub(super) const MAX_TEXT: usize = i16::MAX as usize;

/// The maximum size of a message, in bytes.
const MAX_SIZE: usize = i32::MAX as usize;

/// Returns the CRC-32 of a body without its top bit, which Java clears to keep it positive.
pub(crate) fn checksum(body: &[u8]) -> u32 {
    crc32fast::hash(body) & 0x7fff_ffff
}

/// Returns an error if `length` exceeds `max`.
pub(super) fn check(field: &'static str, length: usize, max: usize) -> Result<(), MessageError> {
    if length <= max { Ok(()) } else { Err(MessageError::TooLong { field, length, max }) }
}

/// Returns an error if a message of this length exceeds the limit.
pub(super) fn check_size(length: usize) -> Result<(), MessageError> {
    check("size", length, MAX_SIZE)
}

impl StoredMessage<'_> {
    /// Returns the number of bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED
            + usize::from(self.is_v2())
            + if self.born_host.is_ipv6() { V6_EXTRA } else { 0 }
            + if self.store_host.is_ipv6() { V6_EXTRA } else { 0 }
            + self.body.len()
            + self.topic.len()
            + self.properties.as_str().len()
    }

    /// Returns the encoded message.
    ///
    /// # Errors
    /// As for [`encode`](Self::encode).
    pub fn to_bytes(&self) -> Result<Bytes, MessageError> {
        let mut encoded = BytesMut::with_capacity(self.encoded_len());
        self.encode(&mut encoded)?;
        Ok(encoded.freeze())
    }

    /// Appends the encoded message to `dst`.
    ///
    /// The format is V1 if the topic has at most 127 bytes, else V2. The two bits of the system
    /// flag that mark IPv6 hosts are set from the hosts. Only address and port of an IPv6 host are
    /// written.
    ///
    /// # Errors
    /// If the topic or the properties have more than 32767 bytes, or the message has more than
    /// 2<sup>31</sup> - 1. Nothing is written then.
    pub fn encode(&self, dst: &mut BytesMut) -> Result<(), MessageError> {
        let size = self.encoded_len();
        check("topic", self.topic.len(), MAX_TEXT)?;
        check("properties", self.properties.as_str().len(), MAX_TEXT)?;
        check_size(size)?;
        dst.reserve(size);
        // The lengths were checked to fit.
        dst.put_u32(size as u32);
        dst.put_u32(if self.is_v2() { MAGIC_V2 } else { MAGIC_V1 });
        dst.put_u32(checksum(self.body));
        dst.put_i32(self.queue_id);
        dst.put_i32(self.flag);
        dst.put_i64(self.queue_offset);
        dst.put_i64(self.commit_log_offset);
        dst.put_i32(self.sys_flag_of_hosts());
        dst.put_i64(self.born_timestamp);
        put_host(dst, self.born_host);
        dst.put_i64(self.store_timestamp);
        put_host(dst, self.store_host);
        dst.put_i32(self.reconsume_times);
        dst.put_i64(self.prepared_transaction_offset);
        dst.put_u32(self.body.len() as u32);
        dst.put_slice(self.body);
        if self.is_v2() {
            dst.put_u16(self.topic.len() as u16);
        } else {
            dst.put_u8(self.topic.len() as u8);
        }
        dst.put_slice(self.topic.as_bytes());
        dst.put_u16(self.properties.as_str().len() as u16);
        dst.put_slice(self.properties.as_str().as_bytes());
        Ok(())
    }

    fn is_v2(&self) -> bool {
        i8::try_from(self.topic.len()).is_err()
    }

    fn sys_flag_of_hosts(&self) -> i32 {
        let v6 = |host: SocketAddr, bit| if host.is_ipv6() { bit } else { 0 };
        let other = self.sys_flag & !(sys_flag::BORN_HOST_V6 | sys_flag::STORE_HOST_V6);
        other
            | v6(self.born_host, sys_flag::BORN_HOST_V6)
            | v6(self.store_host, sys_flag::STORE_HOST_V6)
    }
}

fn put_host(dst: &mut BytesMut, host: SocketAddr) {
    match host.ip() {
        IpAddr::V4(ip) => dst.put_slice(&ip.octets()),
        IpAddr::V6(ip) => dst.put_slice(&ip.octets()),
    }
    dst.put_u32(host.port().into());
}
