//! `tls`: the server's side.
#![cfg(feature = "tls-self-signed")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Lifetime, connection, driver};
use rocketmq_tower_core::{Channel, CloseReason, Connection, Disconnect, RemotingCommand};
use rocketmq_tower_layers::TlsLayer;
use rocketmq_tower_layers::tls::rustls::ProtocolVersion;
use rocketmq_tower_layers::tls::rustls::pki_types::ServerName;
use rocketmq_tower_layers::tls::{
    ClientTls, HandshakeError, MaybeTls, SelfSigned, ServerTls, TlsInfo, TlsMode,
};
use rocketmq_tower_test_support::{Raw, SECOND, encode, sleeper, soon};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::{Layer, Service, ServiceBuilder, service_fn};

/// A server for `localhost`, and a client that trusts it.
fn pair() -> (ServerTls, ClientTls) {
    let authority = SelfSigned::new().expect("made");
    let server = authority.issue(["localhost"]).expect("issued").server().expect("sound");
    (server, ClientTls::from_roots_pem(authority.certificate_pem()).expect("sound"))
}

/// A connection to a server that answers each request and counts them.
fn start(layer: &TlsLayer) -> (DuplexStream, Channel, Lifetime, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let counting = service_fn(move |request: RemotingCommand| {
        count.fetch_add(1, Ordering::Relaxed);
        sleeper(request)
    });
    let (peer, channel, life) = common::start(layer.layer(driver(counting)));
    (peer, channel, life, asked)
}

async fn connect(client: &ClientTls, io: DuplexStream) -> io::Result<TlsStream<DuplexStream>> {
    let name = ServerName::try_from("localhost").expect("a name");
    soon(TlsConnector::from(Arc::clone(client.config())).connect(name, io)).await
}

async fn is_answered<Io: AsyncRead + AsyncWrite + Unpin>(io: &mut Io) {
    Raw::new(io).call(&RemotingCommand::request(0)).await;
}

async fn reason(life: Lifetime) -> CloseReason {
    let Ok(end) = soon(life).await.expect("no panic");
    end.reason
}

/// The handshake's error that ended the connection before any request.
fn handshake_error(reason: &CloseReason) -> &HandshakeError {
    let CloseReason::Io(error) = reason else { panic!("{reason:?}") };
    error.get_ref().and_then(|error| error.downcast_ref()).expect("the layer's error")
}

#[tokio::test(start_paused = true)]
async fn peers_that_speak_tls_are_served_and_known() {
    let (server, client) = pair();
    for mode in [TlsMode::Permissive, TlsMode::Enforcing] {
        let (peer, channel, life, asked) = start(&TlsLayer::new(server.clone()).mode(mode));
        let mut peer = connect(&client, peer).await.expect("trusted");
        is_answered(&mut peer).await;
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let info: &TlsInfo = channel.extensions().get().expect("facts");
        assert_eq!(info.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        assert!(info.cipher_suite().is_some());
        assert_eq!(info.server_name(), Some("localhost"));
        assert_eq!((info.alpn_protocol(), info.peer_certificates().len()), (None, 0));
        peer.shutdown().await.expect("open");
        assert!(matches!(reason(life).await, CloseReason::PeerClosed));
    }
}

/// They are served even when their first bytes arrive one by one.
#[tokio::test(start_paused = true)]
async fn plain_peers_are_served_where_they_may() {
    let (server, _) = pair();
    for mode in [TlsMode::Permissive, TlsMode::Disabled] {
        let (mut peer, channel, life, _) = start(&TlsLayer::new(server.clone()).mode(mode));
        is_answered(&mut peer).await;
        is_answered(&mut peer).await;
        assert!(channel.extensions().get::<TlsInfo>().is_none());
        drop(peer);
        assert!(matches!(reason(life).await, CloseReason::PeerClosed));

        let (mut peer, ..) = start(&TlsLayer::new(server.clone()).mode(mode));
        for byte in encode(&RemotingCommand::request(0)) {
            peer.write_all(&[byte]).await.expect("open");
            sleep(Duration::from_millis(1)).await;
        }
        assert_ne!(soon(peer.read(&mut [0; 64])).await.expect("open"), 0);
    }
}

/// In Java, the request is run and only the response is lost.
#[tokio::test(start_paused = true)]
async fn where_tls_is_enforced_plain_requests_are_not_run() {
    let (server, _) = pair();
    let (mut peer, channel, life, asked) = start(&TlsLayer::new(server));
    let request = encode(&RemotingCommand::request(0));
    peer.write_all(&request).await.expect("there is room");
    let end = reason(life).await;
    assert!(matches!(end, CloseReason::Refused(_)), "{end:?}");
    assert_eq!(
        end.to_string(),
        "the connection was refused: TLS is required, but the peer sent no TLS handshake"
    );
    assert!(matches!(channel.close_reason(), Some(CloseReason::Refused(_))));
    assert_eq!(soon(peer.read(&mut [0; 1])).await.expect("an end"), 0, "no answer");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_server_takes_a_handshake_for_no_frame() {
    let (server, client) = pair();
    let (peer, _, life, asked) = start(&TlsLayer::new(server).mode(TlsMode::Disabled));
    assert!(connect(&client, peer).await.is_err());
    assert!(matches!(reason(life).await, CloseReason::Protocol(_)));
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_its_time() {
    let (server, client) = pair();
    let mut hello = client_hello(&client);
    let begun = hello.split_off(hello.len() / 2);
    for (layer, limit) in [
        (TlsLayer::new(server.clone()), 10 * SECOND),
        (TlsLayer::new(server.clone()).mode(TlsMode::Permissive), 10 * SECOND),
        (TlsLayer::new(server.clone()).handshake_timeout(SECOND), SECOND),
    ] {
        let started = Instant::now();
        let (_peer, channel, life, _) = start(&layer);
        let end = reason(life).await;
        assert_eq!(started.elapsed(), limit);
        assert_eq!(
            end.to_string(),
            format!("the connection was refused: its peer sent nothing for {limit:?}")
        );
        assert!(channel.is_closed());

        let started = Instant::now();
        let (mut peer, _, life, _) = start(&layer);
        sleep(limit / 2).await;
        peer.write_all(&hello).await.expect("open");
        let end = reason(life).await;
        assert_eq!(started.elapsed(), limit, "from the start, whatever came meanwhile");
        assert!(matches!(handshake_error(&end), HandshakeError::Timeout(_)), "{end:?}");
    }
    // With the rest of the hello, the handshake goes on.
    let (mut peer, ..) = start(&TlsLayer::new(server));
    peer.write_all(&hello).await.expect("open");
    sleep(SECOND).await;
    peer.write_all(&begun).await.expect("open");
    assert_ne!(soon(peer.read(&mut [0; 64])).await.expect("open"), 0, "the server's hello");
}

/// The first bytes of a client's handshake.
fn client_hello(client: &ClientTls) -> Vec<u8> {
    use rocketmq_tower_layers::tls::rustls::ClientConnection;
    let name = ServerName::try_from("localhost").expect("a name");
    let mut connection =
        ClientConnection::new(Arc::clone(client.config()), name).expect("sound settings");
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).expect("room");
    bytes
}

#[tokio::test(start_paused = true)]
async fn there_is_no_time_limit_once_it_is_done() {
    let (server, client) = pair();
    let plain = TlsLayer::new(server.clone()).mode(TlsMode::Permissive);
    let (mut peer, ..) = start(&plain);
    is_answered(&mut peer).await;
    let (tls, ..) = start(&TlsLayer::new(server));
    let mut tls = connect(&client, tls).await.expect("trusted");
    sleep(3600 * SECOND).await;
    is_answered(&mut peer).await;
    is_answered(&mut tls).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_handshake_fails_with_a_reason() {
    let (server, _) = pair();
    // A handshake record of a TLS version that does not exist.
    let (mut peer, _, life, _) = start(&TlsLayer::new(server.clone()));
    peer.write_all(&[0x16, 9, 9, 0, 4, 1, 2, 3, 4]).await.expect("open");
    let end = reason(life).await;
    assert!(matches!(handshake_error(&end), HandshakeError::Failed(_)), "{end:?}");
    let text = rocketmq_tower_core::error::chain_text(&end);
    assert!(text.starts_with("the connection failed: the TLS handshake failed: "), "{text}");
    // An incomplete handshake.
    let (mut peer, _, life, _) = start(&TlsLayer::new(server.clone()));
    peer.write_all(&[0x16, 3]).await.expect("open");
    drop(peer);
    let end = reason(life).await;
    assert!(matches!(handshake_error(&end), HandshakeError::Failed(_)), "{end:?}");
    // No byte at all.
    let (peer, _, life, _) = start(&TlsLayer::new(server));
    drop(peer);
    assert!(matches!(reason(life).await, CloseReason::PeerClosed));
}

/// Otherwise they would delay the server's shutdown.
#[tokio::test(start_paused = true)]
async fn draining_ends_those_that_have_asked_nothing_at_once() {
    let (server, client) = pair();
    for bytes in [Vec::new(), client_hello(&client)[..50].to_vec()] {
        let (mut peer, channel, life, _) = start(&TlsLayer::new(server.clone()));
        peer.write_all(&bytes).await.expect("open");
        sleep(SECOND).await;
        let started = Instant::now();
        channel.drain();
        assert!(matches!(reason(life).await, CloseReason::Drained));
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}

/// For example, when an outer layer closes the channel during the handshake.
#[tokio::test(start_paused = true)]
async fn the_first_reason_counts() {
    let (server, _) = pair();
    let (_peer, channel, life, _) = start(&TlsLayer::new(server));
    channel.close("enough");
    let end = reason(life).await;
    assert!(matches!(&end, CloseReason::Requested(why) if why == "enough"), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_without_trust_gets_nowhere() {
    let (server, _) = pair();
    let (_, other) = pair();
    let (peer, _, life, asked) = start(&TlsLayer::new(server));
    let error = connect(&other, peer).await.expect_err("another authority");
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    assert!(matches!(handshake_error(&reason(life).await), HandshakeError::Failed(_)));
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

/// The service that reported ready must be the one that gets the connection.
#[tokio::test(start_paused = true)]
async fn readiness_waits_for_the_handshake() {
    use tower::limit::ConcurrencyLimitLayer;
    let (server, client) = pair();
    let inner = service_fn(|mut connection: Connection<MaybeTls<DuplexStream>>| async move {
        assert!(connection.io().is_tls());
        connection.io_mut().read_u8().await.expect("a byte");
        Ok::<_, Infallible>(Disconnect::new(CloseReason::PeerClosed))
    });
    let limit = ConcurrencyLimitLayer::new(1);
    let layer = TlsLayer::new(server).handshake_timeout(Duration::MAX);
    let mut service = ServiceBuilder::new().layer(layer).layer(limit).service(inner);
    let (first, conn) = connection();
    let ready = |service: &mut _| {
        let waker = std::task::Waker::noop();
        let mut cx = std::task::Context::from_waker(waker);
        Service::<Connection<DuplexStream>>::poll_ready(service, &mut cx).is_ready()
    };
    assert!(ready(&mut service));
    let life = tokio::spawn(service.call(conn));
    sleep(SECOND).await;
    assert!(!ready(&mut service), "the first has it, and has not even begun");
    let mut first = connect(&client, first).await.expect("trusted");
    first.write_all(b"x").await.expect("open");
    first.flush().await.expect("open");
    soon(life).await.expect("no panic").expect("infallible");
    assert!(ready(&mut service));
}

#[test]
fn modes_have_javas_names() {
    for mode in [TlsMode::Disabled, TlsMode::Permissive, TlsMode::Enforcing] {
        assert_eq!(mode.to_string().parse(), Ok(mode));
    }
    let error = "Enforcing".parse::<TlsMode>().expect_err("no such mode");
    assert_eq!(
        error.to_string(),
        "\"Enforcing\" is not a TLS mode: expected disabled, permissive or enforcing"
    );
}

#[test]
fn accessors() {
    use tower::Layer;
    let (server, client) = pair();
    let mut service = TlsLayer::new(server.clone()).layer(7);
    *service.get_mut() += 1;
    assert_eq!((*service.get_ref(), service.clone().into_inner()), (8, 8));
    let text = format!("{service:?} {server:?} {client:?}");
    assert!(!text.contains("PRIVATE") && text.contains("Enforcing"), "{text}");
}
