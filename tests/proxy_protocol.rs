//! Clients behind a balancer that speaks the PROXY protocol, over real sockets.
#![cfg(feature = "proxy-protocol")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, run};
use rocketmq_tower::layers::events::{EventStream, EventsLayer};
use rocketmq_tower::layers::ip_filter::IpRules;
use rocketmq_tower::layers::proxy_protocol::ProxyInfo;
use rocketmq_tower::layers::rpc_hook::RpcHook;
use rocketmq_tower::layers::{
    ConnectionLimitLayer, FirstByteTimeoutLayer, IpFilterLayer, ProxyProtocolLayer,
};
use rocketmq_tower::{Addr, BoxError, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, encode, request, soon};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Passes what hooks see to the processor.
struct Hook;

impl RpcHook for Hook {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        request.extensions_mut().insert(peer.clone());
        Ok(())
    }
}

/// Responds with the client's address, as the channel and the hook report it, and with the
/// balancer's.
async fn who(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let channel = request.channel().ok_or("no channel")?;
    let hooks = request.extensions().get::<Addr>().ok_or("no hook")?;
    let through = channel.extensions().get::<ProxyInfo>().and_then(|info| info.balancer().ip());
    let text = format!("{} {hooks} {through:?}", channel.peer_addr());
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(text))
}

async fn server() -> (Running, EventStream) {
    let (events, told) = EventsLayer::stream(100);
    let balancers = ["127.0.0.0/8".parse().expect("a network")];
    let clients = IpRules::new().deny(["192.0.2.66".parse().expect("an address")]);
    let server = Server::new(service_fn(who))
        .connection_layer(FirstByteTimeoutLayer::default())
        .connection_layer(ProxyProtocolLayer::optional().trust(balancers))
        .connection_layer(IpFilterLayer::new(clients))
        .connection_layer(ConnectionLimitLayer::new(100).per_ip(2))
        .events(events)
        .hook(Hook)
        .bind("127.0.0.1:0")
        .await
        .expect("binds");
    (run(server), told)
}

/// Connects like a balancer: the header and the first request arrive in one packet.
async fn from(server: &Running, client: &str) -> Raw {
    let mut socket = soon(TcpStream::connect(server.addr)).await.expect("connects");
    let header = format!("PROXY TCP4 {client} 198.51.100.1 5678 443\r\n");
    let first = [header.as_bytes(), &encode(&request(1, 1))].concat();
    socket.write_all(&first).await.expect("open");
    Raw::new(socket)
}

async fn told(raw: &mut Raw) -> String {
    let answer = raw.next().await.expect("an answer");
    String::from_utf8(answer.body().to_vec()).expect("text")
}

#[tokio::test]
async fn the_clients_address_is_everywhere_the_peers() {
    let (server, mut events) = server().await;
    let mut client = from(&server, "192.0.2.7").await;
    assert_eq!(told(&mut client).await, "192.0.2.7:5678 192.0.2.7:5678 Some(127.0.0.1)");
    drop(client);
    for name in ["CONNECTED", "DISCONNECTED"] {
        let event = soon(events.recv()).await.expect("an event");
        let told = (event.name(), event.channel().peer_addr().to_string());
        assert_eq!(told, (name, "192.0.2.7:5678".to_owned()));
    }
    let mut direct = Raw::connect(server.addr).await;
    let own = direct.io.local_addr().expect("connected");
    direct.send(&request(1, 1)).await;
    assert_eq!(told(&mut direct).await, format!("{own} {own} None"));
    server.stop().await;
}

#[tokio::test]
async fn limits_and_lists_inside_are_about_the_client() {
    let (server, _events) = server().await;
    assert!(from(&server, "192.0.2.66").await.next_or_end().await.is_none(), "denied");
    let mut clients = [from(&server, "192.0.2.7").await, from(&server, "192.0.2.7").await];
    for client in &mut clients {
        assert!(client.next_or_end().await.is_some());
    }
    assert!(from(&server, "192.0.2.7").await.next_or_end().await.is_none(), "the third of two");
    assert!(from(&server, "192.0.2.8").await.next_or_end().await.is_some(), "another client");
    server.stop().await;
}

/// A half-sent header does not delay a shutdown.
#[tokio::test]
async fn a_shutdown_does_not_wait_for_headers() {
    let (server, _events) = server().await;
    let mut half = soon(TcpStream::connect(server.addr)).await.expect("connects");
    half.write_all(b"PROXY TCP4").await.expect("open");
    assert!(from(&server, "192.0.2.7").await.next_or_end().await.is_some(), "accepted behind it");
    let since = std::time::Instant::now();
    assert_eq!(server.stop().await.aborted, 0);
    assert!(since.elapsed() < std::time::Duration::from_secs(5), "the header has ten");
}
