//! HAProxy in front of a server, in TCP mode. It must be installed (`apt-get install haproxy`):
//!
//! ```sh
//! cargo test --features proxy-protocol --test haproxy -- --ignored
//! ```
#![cfg(all(unix, feature = "proxy-protocol"))]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use rocketmq_tower::layers::events::{Event, EventsLayer};
use rocketmq_tower::layers::proxy_protocol::ProxyInfo;
use rocketmq_tower::layers::{FirstByteTimeoutLayer, ProxyProtocolLayer};
use rocketmq_tower::{
    Addr, BoxError, CloseReason, RemotingCommand, ResponseCode, Server, service_fn,
};
use rocketmq_tower_test_support::{Raw, echo, request, soon};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// Responds with the client's address, the address that it connected to, and the types of TLVs.
async fn who(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let channel = request.channel().ok_or("no channel")?;
    let info = channel.extensions().get::<ProxyInfo>().ok_or("no header")?;
    let destination = info.destination().ok_or("no addresses")?;
    let kinds: Vec<u8> = info.tlvs().map(|(kind, _)| kind).collect();
    let unique_id = info.tlv(0x05).map(String::from_utf8_lossy).unwrap_or_default();
    let text = format!("{} {destination} {kinds:?} {unique_id}", channel.peer_addr());
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(text))
}

struct HaProxy {
    addr: SocketAddr,
    /// The address of the connection by which the test has found that it listens.
    probe: SocketAddr,
    /// Killed when it is dropped.
    _process: Child,
    config: PathBuf,
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.config);
    }
}

/// Starts HAProxy, which forwards connections to `server` with these options of its `server` line.
async fn haproxy(server: SocketAddr, options: &str) -> HaProxy {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = free.local_addr().expect("bound");
    drop(free);
    let config = std::env::temp_dir().join(format!(
        "rocketmq-tower-haproxy-{}-{}.cfg",
        std::process::id(),
        addr.port()
    ));
    let text = format!(
        "global\n  maxconn 100\n\
         defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
         listen rocketmq\n  bind {addr}\n  unique-id-format id-%ci-%cp\n  \
         server one {server} {options}\n"
    );
    std::fs::write(&config, text).expect("written");
    let process = Command::new("haproxy")
        .args(["-db", "-f"])
        .arg(&config)
        .kill_on_drop(true)
        .spawn()
        .expect("haproxy is installed");
    let probe = soon(async {
        // HAProxy does not report when it listens.
        loop {
            match TcpStream::connect(addr).await {
                Ok(probe) => return probe.local_addr().expect("connected"),
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    })
    .await;
    HaProxy { addr, probe, _process: process, config }
}

/// Returns the body from a server behind HAProxy, the client's own address, and the proxy's
/// address.
async fn through(options: &str) -> (String, SocketAddr, SocketAddr) {
    let headers = ProxyProtocolLayer::required().trust(["127.0.0.1".parse().expect("an address")]);
    let server = Server::new(service_fn(who))
        .connection_layer(FirstByteTimeoutLayer::default())
        .connection_layer(headers)
        .bind("127.0.0.1:0")
        .await
        .expect("binds");
    let server = run(server);
    let proxy = haproxy(server.addr, options).await;
    let mut client = Raw::connect(proxy.addr).await;
    let own = client.io.local_addr().expect("connected");
    let answer = client.call(&request(1, 7)).await;
    assert_eq!((answer.opaque(), answer.response_code()), (7, ResponseCode::SUCCESS));
    // A long body in both directions also passes the bytes that were put back.
    let long = request(1, 8).with_body(vec![7; 1 << 20]);
    assert_eq!(client.call(&long).await.opaque(), 8);
    drop(client);
    server.stop().await;
    (String::from_utf8(answer.body().to_vec()).expect("text"), own, proxy.addr)
}

#[tokio::test]
#[ignore = "needs haproxy"]
async fn version_1() {
    let (told, own, to) = through("send-proxy").await;
    assert_eq!(told, format!("{own} {to} [] "));
}

#[tokio::test]
#[ignore = "needs haproxy"]
async fn version_2() {
    let (told, own, to) = through("send-proxy-v2").await;
    assert_eq!(told, format!("{own} {to} [] "));
}

#[tokio::test]
#[ignore = "needs haproxy"]
async fn version_2_with_tlvs() {
    let (told, own, to) = through("send-proxy-v2 proxy-v2-options crc32c,unique-id").await;
    let id = format!("id-{}-{}", own.ip(), own.port());
    assert_eq!(told, format!("{own} {to} [3, 5] {id}"));
}

/// HAProxy's health checks connect, send a header that names no client or HAProxy itself, and reset
/// the connection.
#[tokio::test]
#[ignore = "needs haproxy"]
async fn checks_are_its_own_and_find_the_server_up() {
    for options in ["send-proxy-v2 check inter 50ms", "send-proxy check inter 50ms"] {
        let (events, mut told) = EventsLayer::stream(100);
        let headers = ProxyProtocolLayer::required().trust_anyone();
        let server = Server::new(service_fn(echo)).connection_layer(headers).events(events);
        let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
        let proxy = haproxy(server.addr, options).await;
        let mut checks = 0;
        while checks < 3 {
            let event = soon(told.recv()).await.expect("an event");
            let Event::Exception(channel, reason) = event else { continue };
            assert!(matches!(reason, CloseReason::Io(_)), "{options}: {reason}");
            let info = channel.extensions().get::<ProxyInfo>().expect("a header");
            if info.client() == Some(proxy.probe) {
                continue;
            }
            let own = info.client().is_none_or(|client| &Addr::Ip(client) == info.balancer());
            assert!(own, "{options}: {info:?}");
            checks += 1;
        }
        let mut client = Raw::connect(proxy.addr).await;
        assert_eq!(client.call(&request(1, 5)).await.opaque(), 5, "{options}: it is up");
        drop(client);
        server.stop().await;
    }
}
