//! Makes a stored message out of a send.

use super::{SendHeader, StoredMessage, sys_flag};
use crate::channel::Addr;
use crate::clock::now_ms;
use crate::command::RemotingCommand;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The bits of a client's system flag that are stored: compression, and its algorithm.
const KEPT_FLAGS: i32 = sys_flag::COMPRESSED | sys_flag::COMPRESSION_MASK;

impl<'a> StoredMessage<'a> {
    /// Creates the message that a broker stores for a send of a single message.
    ///
    /// The born host is the peer of the request's connection, the store timestamp is the current time. Of the
    /// system flag, the bits for compression are kept. A negative queue id becomes 0. The commit-log offset
    /// is 0; set it, or write a [`Position`](super::Position) into the encoded message.
    ///
    /// ```
    /// use rocketmq_tower_core::message::{SendHeader, StoredMessage};
    ///
    /// let request = SendHeader::new("producers", "TopicTest", 3).request().with_body("hello");
    ///
    /// let header = SendHeader::read(&request)?;
    /// let message = StoredMessage::from_send(&request, &header, ([127, 0, 0, 1], 10911).into(), 7);
    /// assert_eq!(StoredMessage::decode(&message.to_bytes()?)?.0.queue_offset, 7);
    /// # Ok::<(), rocketmq_tower_core::BoxError>(())
    /// ```
    #[must_use]
    pub fn from_send(
        request: &'a RemotingCommand,
        header: &SendHeader<'a>,
        store_host: SocketAddr,
        queue_offset: i64,
    ) -> Self {
        Self {
            queue_id: header.queue_id.max(0),
            flag: header.flag,
            queue_offset,
            commit_log_offset: 0,
            sys_flag: header.sys_flag & KEPT_FLAGS,
            born_timestamp: header.born_timestamp,
            born_host: ipv4_host(request.channel().map(|channel| channel.peer_addr())),
            store_timestamp: now_ms(),
            store_host,
            reconsume_times: header.reconsume_times,
            prepared_transaction_offset: 0,
            body: request.body(),
            topic: header.topic,
            properties: header.properties,
        }
    }
}

/// Returns an address as it is stored in a message: IPv4, as clients in C++ and Node cannot read others.
///
/// `::1` becomes `127.0.0.1`, an IPv4-mapped address that address; any other IPv6 address becomes `0.0.0.0`
/// with its port. Returns `0.0.0.0:0` for `None` and for an address that is not one of IP.
#[must_use]
pub fn ipv4_host(addr: Option<&Addr>) -> SocketAddr {
    let Some(addr) = addr.and_then(Addr::socket_addr) else {
        return SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    };
    let ip = match addr.ip().to_canonical() {
        IpAddr::V4(ip) => ip,
        IpAddr::V6(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    };
    SocketAddr::from((ip, addr.port()))
}
