//! `proxy_protocol`: headers, and whose are believed.
#![cfg(feature = "proxy-protocol")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{SECOND, connection_from, frame, soon};
use rocketmq_tower_core::{
    Addr, ChannelInfo, CloseReason, Connection, Disconnect, RemotingCommand,
};
use rocketmq_tower_layers::ProxyProtocolLayer;
use rocketmq_tower_layers::proxy_protocol::{ProxyInfo, ProxyIo};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, service_fn};

const BALANCER: &str = "10.0.0.1:4000";
const V1: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 5678 443\r\n";

/// A header of version 2: command and family as they are on the wire.
fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("short");
    let start = b"\r\n\r\n\0\r\nQUIT\n";
    [&start[..], &[command, family], &length.to_be_bytes(), body].concat()
}

/// From 192.0.2.7:5678 to 198.51.100.1:443.
fn v2_ipv4(tlvs: &[u8]) -> Vec<u8> {
    let addresses = [192, 0, 2, 7, 198, 51, 100, 1, 22, 46, 1, 187];
    v2(0x21, 0x11, &[&addresses[..], tlvs].concat())
}

fn trusting(layer: ProxyProtocolLayer) -> ProxyProtocolLayer {
    layer.trust(["10.0.0.0/8".parse().expect("a network")])
}

/// What the service inside got.
type Passed = Connection<ProxyIo<DuplexStream>>;

struct Started {
    peer: DuplexStream,
    passed: UnboundedReceiver<Passed>,
    life: JoinHandle<Result<Disconnect, &'static str>>,
}

fn start_with(
    layer: &ProxyProtocolLayer,
    peer: DuplexStream,
    conn: Connection<DuplexStream>,
) -> Started {
    let (pass, passed) = unbounded_channel();
    let mut service = layer.layer(service_fn(move |conn: Passed| {
        _ = pass.send(conn);
        std::future::ready(Err("passed on"))
    }));
    Started { peer, passed, life: tokio::spawn(service.call(conn)) }
}

fn start(layer: &ProxyProtocolLayer, from: &str) -> Started {
    let (peer, conn) = connection_from(from);
    start_with(layer, peer, conn)
}

impl Started {
    async fn passed(&mut self) -> Passed {
        soon(self.passed.recv()).await.expect("passed on")
    }

    /// Why it was not passed on.
    async fn reason(self) -> CloseReason {
        soon(self.life).await.expect("no panic").expect("not passed on").reason
    }
}

/// What is known of a connection from [`BALANCER`] that begins with `bytes` and `behind`.
async fn learnt(layer: &ProxyProtocolLayer, bytes: &[u8]) -> (Addr, Option<ProxyInfo>) {
    let behind = frame(&RemotingCommand::new(10));
    let mut started = start(layer, BALANCER);
    started.peer.write_all(&[bytes, &behind].concat()).await.expect("open");
    let mut conn = started.passed().await;
    let mut rest = vec![0; behind.len()];
    soon(conn.io_mut().read_exact(&mut rest)).await.expect("put back");
    assert_eq!(rest, behind);
    let info = conn.info();
    (info.peer_addr.clone(), info.extensions.get().cloned())
}

#[tokio::test(start_paused = true)]
async fn both_versions_name_the_client() {
    let v6 = |last: u8| [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[last]].concat();
    let v2_ipv6 = [v6(7), v6(1), vec![22, 46, 1, 187]].concat();
    let ipv4 = ("192.0.2.7:5678", "198.51.100.1:443");
    let ipv6 = ("[2001:db8::7]:5678", "[2001:db8::1]:443");
    for (header, (client, destination)) in [
        (V1.to_vec(), ipv4),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 5678 443\r\n".to_vec(), ipv6),
        (v2_ipv4(b""), ipv4),
        (v2(0x21, 0x21, &v2_ipv6), ipv6),
    ] {
        for layer in [ProxyProtocolLayer::required(), ProxyProtocolLayer::optional()] {
            let (peer, info) = learnt(&trusting(layer), &header).await;
            let info = info.expect("a header");
            assert_eq!(peer.to_string(), client);
            assert_eq!(info.client().map(Addr::from), Some(peer));
            assert_eq!(info.destination().expect("there").to_string(), destination);
            assert_eq!(info.balancer().to_string(), BALANCER);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_name_nobody_leave_the_address() {
    for header in [
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".to_vec(),
        v2(0x20, 0x00, b""),
        v2(0x20, 0x11, &[0; 12]),
        v2(0x21, 0x00, b""),
        v2(0x21, 0x31, &[b'/'; 216]),
    ] {
        let (peer, info) = learnt(&trusting(ProxyProtocolLayer::required()), &header).await;
        let info = info.expect("a header");
        assert_eq!(
            (peer.to_string().as_str(), info.client(), info.destination()),
            (BALANCER, None, None)
        );
        assert_eq!(info.balancer(), &peer);
    }
}

#[tokio::test(start_paused = true)]
async fn tlvs_are_there_as_they_were() {
    // ALPN, authority, a checksum, padding, one of one's own, an empty one.
    let tlvs = b"\x01\0\x02h2\x02\0\x05a.com\x03\0\x04\x01\x02\x03\x04\x04\0\x03\0\0\0\xe1\0\x04vpc1\xe2\0\0";
    let header = v2_ipv4(tlvs);
    let info = learnt(&trusting(ProxyProtocolLayer::required()), &header).await.1.expect("there");
    let all: Vec<(u8, &[u8])> = info.tlvs().collect();
    let expected: [(u8, &[u8]); 6] = [
        (1, b"h2"),
        (2, b"a.com"),
        (3, b"\x01\x02\x03\x04"),
        (4, b"\0\0\0"),
        (0xe1, b"vpc1"),
        (0xe2, b""),
    ];
    assert_eq!(all, expected);
    assert_eq!((info.tlv(0xe1), info.tlv(0xe3)), (Some(&b"vpc1"[..]), None));
    let tls = b"\x20\0\x0f\x07\0\0\0\0\x21\0\x07TLSv1.3";
    let info = learnt(&trusting(ProxyProtocolLayer::required()), &v2_ipv4(tls)).await.1;
    assert_eq!(info.expect("there").tlv(0x20), Some(&tls[3..]));
}

#[tokio::test(start_paused = true)]
async fn a_header_may_come_byte_by_byte() {
    for header in [
        V1.to_vec(),
        v2_ipv4(b"\xe1\0\x04vpc1"),
        v2_ipv4(&[&b"\xe1\x0b\xb8"[..], &[7; 3000]].concat()),
    ] {
        let mut started = start(&trusting(ProxyProtocolLayer::required()), BALANCER);
        for byte in header {
            assert!(started.passed.is_empty());
            started.peer.write_all(&[byte]).await.expect("open");
            tokio::task::yield_now().await;
        }
        assert_eq!(started.passed().await.info().peer_addr.to_string(), "192.0.2.7:5678");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_header_is_the_sources_own_or_refused() {
    let request = frame(&RemotingCommand::new(10));
    for bytes in [&request[..], b"\x16\x03\x01", b"PROXX", b"\r\n\r\n\0\r\nQUIT\r"] {
        let mut started = start(&trusting(ProxyProtocolLayer::optional()), BALANCER);
        started.peer.write_all(bytes).await.expect("open");
        let mut conn = started.passed().await;
        let mut read = vec![0; bytes.len()];
        soon(conn.io_mut().read_exact(&mut read)).await.expect("put back");
        assert_eq!((&read[..], conn.info().peer_addr.to_string().as_str()), (bytes, BALANCER));
        assert!(conn.info().extensions.get::<ProxyInfo>().is_none());

        let mut started = start(&trusting(ProxyProtocolLayer::required()), BALANCER);
        started.peer.write_all(bytes).await.expect("open");
        assert_eq!(
            started.reason().await.to_string(),
            "the connection was refused: it does not begin with a PROXY header"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_trusted_names_nobody() {
    let refused = "the connection was refused: its address is not trusted to send a PROXY header";
    let nobody = [ProxyProtocolLayer::required(), trusting(ProxyProtocolLayer::required())];
    for layer in nobody {
        let started = start(&layer, "192.0.2.1:1");
        assert_eq!(started.reason().await.to_string(), refused);
    }
    for layer in [ProxyProtocolLayer::optional(), trusting(ProxyProtocolLayer::optional())] {
        let mut started = start(&layer, "192.0.2.1:1");
        let mut conn = started.passed().await;
        assert_eq!(conn.info().peer_addr.to_string(), "192.0.2.1:1", "before anything came");
        started.peer.write_all(V1).await.expect("open");
        let mut read = vec![0; V1.len()];
        soon(conn.io_mut().read_exact(&mut read)).await.expect("not looked at");
        assert_eq!(read, V1);
    }
    let (peer, conn) = tokio::io::duplex(64 * 1024);
    let unix = Connection::new(conn, ChannelInfo::new(Addr::Unnamed, Addr::Unnamed));
    let layer = trusting(ProxyProtocolLayer::required());
    assert_eq!(start_with(&layer, peer, unix).reason().await.to_string(), refused);
}

#[tokio::test(start_paused = true)]
async fn anyone_is_trusted_if_it_is_said() {
    let layer = ProxyProtocolLayer::required().trust_anyone();
    for layer in [layer.clone(), trusting(layer)] {
        let (mut peer, conn) = tokio::io::duplex(64 * 1024);
        peer.write_all(V1).await.expect("open");
        let unix = Connection::new(conn, ChannelInfo::new(Addr::Unnamed, Addr::Unnamed));
        let mut started = start_with(&layer, peer, unix);
        assert_eq!(started.passed().await.info().peer_addr.to_string(), "192.0.2.7:5678");
        let mut started = start(&layer, "192.0.2.1:1");
        started.peer.write_all(V1).await.expect("open");
        assert_eq!(started.passed().await.info().peer_addr.to_string(), "192.0.2.7:5678");
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_make_no_sense_are_refused() {
    let line = |text: &str| format!("PROXY {text}\r\n").into_bytes();
    let malformed = "its PROXY header makes no sense";
    for (header, why) in [
        (line(""), malformed),
        (line("TCP4"), malformed),
        (line("TCP4 192.0.2.7 198.51.100.1 5678"), malformed),
        (line("TCP4 192.0.2.7 198.51.100.1 5678 99999"), malformed),
        (line("TCP4 ::1 ::2 1 2"), malformed),
        (line("TCP6 1.2.3.4 1.2.3.4 1 2"), malformed),
        (line("TCP4 192.0.2.7 198.51.100.1 5678 443 "), malformed),
        (line("UDP4 192.0.2.7 198.51.100.1 5678 443"), malformed),
        (line("TCP4 \u{e9} 198.51.100.1 5678 443"), malformed),
        (
            [b"PROXY ".as_slice(), &[b'x'; 101]].concat(),
            "its PROXY header has no end within 107 bytes",
        ),
        (v2(0x11, 0x11, &[0; 12]), malformed),
        (v2(0x22, 0x11, &[0; 12]), malformed),
        (v2(0x21, 0x41, &[0; 12]), malformed),
        (v2(0x21, 0x11, &[0; 11]), malformed),
        (v2(0x21, 0x21, &[0; 35]), malformed),
        (v2(0x21, 0x31, &[0; 215]), malformed),
        (v2_ipv4(b"\x01\0"), malformed),
        (v2_ipv4(b"\x01\0\x02h"), malformed),
        (v2_ipv4(&[0; 4085]), "its PROXY header of 4113 bytes exceeds the limit of 4096"),
    ] {
        for layer in [ProxyProtocolLayer::required(), ProxyProtocolLayer::optional()] {
            let mut started = start(&trusting(layer), BALANCER);
            started.peer.write_all(&header).await.expect("open");
            let text = started.reason().await.to_string();
            assert_eq!(text, format!("the connection was refused: {why}"), "{header:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_header_can_be_set() {
    let header = v2_ipv4(&[&b"\xe1\xff\xf0"[..], &vec![7; 0xfff0]].concat());
    let layer = trusting(ProxyProtocolLayer::required());
    let (_, info) = learnt(&layer.clone().max_length(16 + 65535), &header).await;
    assert_eq!(info.expect("there").tlv(0xe1).map(<[u8]>::len), Some(0xfff0));
    let (peer, _) = learnt(&layer.max_length(0), V1).await;
    assert_eq!(peer.to_string(), "192.0.2.7:5678", "107 at least");
}

#[tokio::test(start_paused = true)]
async fn a_header_must_be_complete_in_time() {
    let layer = trusting(ProxyProtocolLayer::required());
    let optional = trusting(ProxyProtocolLayer::optional());
    for (layer, begun, limit) in [
        (layer.clone(), &b""[..], 10 * SECOND),
        (layer.clone(), &V1[..V1.len() - 1], 10 * SECOND),
        (layer.timeout(2 * SECOND), &v2_ipv4(b"")[..27], 2 * SECOND),
        (optional.clone(), b"", 10 * SECOND),
        (optional, b"PROXY", 10 * SECOND),
    ] {
        let mut started = start(&layer, BALANCER);
        let since = Instant::now();
        if !begun.is_empty() {
            sleep(limit - Duration::from_millis(1)).await;
            started.peer.write_all(begun).await.expect("open");
        }
        let text = started.reason().await.to_string();
        assert_eq!(since.elapsed(), limit);
        assert_eq!(
            text,
            format!("the connection was refused: no PROXY header was complete within {limit:?}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn balancers_that_look_whether_the_port_is_open_are_no_failure() {
    for layer in [ProxyProtocolLayer::required(), ProxyProtocolLayer::optional()] {
        let mut started = start(&trusting(layer), BALANCER);
        started.peer.shutdown().await.expect("open");
        assert!(matches!(started.reason().await, CloseReason::PeerClosed));
    }
    let mut started = start(&trusting(ProxyProtocolLayer::required()), BALANCER);
    started.peer.write_all(&V1[..20]).await.expect("open");
    started.peer.shutdown().await.expect("open");
    assert_eq!(
        started.reason().await.to_string(),
        "the connection was refused: it ended inside of a PROXY header"
    );
}

#[tokio::test(start_paused = true)]
async fn what_ends_before_it_is_clear_is_passed_on() {
    let mut started = start(&trusting(ProxyProtocolLayer::optional()), BALANCER);
    started.peer.write_all(b"PROX").await.expect("open");
    started.peer.shutdown().await.expect("open");
    let mut conn = started.passed().await;
    let mut read = Vec::new();
    soon(conn.io_mut().read_to_end(&mut read)).await.expect("an end");
    assert_eq!(read, b"PROX");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drains_does_not_wait_for_headers() {
    let (mut peer, conn) = connection_from(BALANCER);
    let channel = conn.channel();
    peer.write_all(&V1[..20]).await.expect("open");
    let started = start_with(&trusting(ProxyProtocolLayer::required()), peer, conn);
    tokio::task::yield_now().await;
    let since = Instant::now();
    channel.drain();
    assert!(matches!(started.reason().await, CloseReason::Drained));
    assert_eq!(since.elapsed(), Duration::ZERO);
    assert!(channel.is_closed());
}

#[tokio::test(start_paused = true)]
async fn reads_of_any_size_get_what_was_put_back_and_then_the_rest() {
    for size in [1, 2, 7, 300] {
        let mut started = start(&trusting(ProxyProtocolLayer::required()), BALANCER);
        let data: Vec<u8> = (0..200).collect();
        started.peer.write_all(&[V1, &data[..100]].concat()).await.expect("open");
        let mut conn = started.passed().await;
        started.peer.write_all(&data[100..]).await.expect("open");
        started.peer.shutdown().await.expect("open");
        let (mut read, mut buffer) = (Vec::new(), vec![0; size]);
        loop {
            match soon(conn.io_mut().read(&mut buffer)).await.expect("open") {
                0 => break,
                length => read.extend_from_slice(&buffer[..length]),
            }
        }
        assert_eq!(read, data);
        conn.io_mut().write_all(b"back").await.expect("open");
        let mut back = [0; 4];
        soon(started.peer.read_exact(&mut back)).await.expect("written");
        assert_eq!(&back, b"back");
    }
}

#[test]
fn accessors() {
    let mut service = ProxyProtocolLayer::required().layer(7);
    *service.get_mut() += 1;
    assert_eq!((*service.get_ref(), service.into_inner()), (8, 8));
}
