//! `proxy_protocol`: parsing of headers.
#![cfg(feature = "proxy-protocol")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::proxied::{BALANCER, V1, start, trusting, v2, v2_ipv4};
use rocketmq_tower_core::{Addr, CloseReason, RemotingCommand};
use rocketmq_tower_layers::ProxyProtocolLayer;
use rocketmq_tower_layers::proxy_protocol::ProxyInfo;
use rocketmq_tower_test_support::{encode, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends `bytes` and a request from [`BALANCER`]. Returns the client's address and the header's
/// info.
async fn learnt(layer: &ProxyProtocolLayer, bytes: &[u8]) -> (Addr, Option<ProxyInfo>) {
    let behind = encode(&RemotingCommand::request(10));
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
    // TLVs: ALPN, authority, a checksum, padding, a custom one, an empty one.
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
async fn headers_that_make_no_sense_are_refused() {
    let line = |text: &str| format!("PROXY {text}\r\n").into_bytes();
    let malformed = "its PROXY header is malformed";
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

/// Replaces each byte of a header in turn with each possible value.
#[tokio::test(start_paused = true)]
async fn damaged_headers_end_their_own_connection_or_are_others() {
    let layer = trusting(ProxyProtocolLayer::optional());
    let v6 = [&[0x20; 32][..], &[22, 46, 1, 187]].concat();
    let headers =
        [V1.to_vec(), v2_ipv4(b"\xe1\0\x04vpc1\x20\0\x05\x07\0\0\0\0"), v2(0x21, 0x21, &v6)];
    for header in headers {
        let (mut passed, mut refused) = (0, 0);
        for (at, value) in (0..header.len()).flat_map(|at| (0..=255).map(move |value| (at, value)))
        {
            let mut damaged = header.clone();
            damaged[at] = value;
            let mut started = start(&layer, BALANCER);
            started.peer.write_all(&damaged).await.expect("open");
            drop(started.peer);
            match soon(started.life).await.expect("no panic") {
                Err(passed_on) => passed += usize::from(passed_on == "passed on"),
                Ok(end) => refused += usize::from(matches!(end.reason, CloseReason::Refused(_))),
            }
        }
        assert_eq!(passed + refused, 256 * header.len());
        assert!(passed > 0 && refused > 0);
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
