//! TLS over real sockets: this library's client and server, and peers that misbehave.
#![cfg(feature = "tls-self-signed")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::tls::{Certificates, client};
use common::{Running, run};
use rocketmq_tower::client::transport::{TlsError, TlsTransport};
use rocketmq_tower::client::{Client, ConnectError, Connector, InvokeError};
use rocketmq_tower::layers::TlsLayer;
use rocketmq_tower::layers::tls::{ClientTls, PemFiles, SelfSigned, ServerTls, TlsInfo, TlsMode};
use rocketmq_tower::{Addr, BoxError, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, encode, request, soon};
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Responds with the number of the client's certificates, or with `plain` without TLS.
async fn whoami(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let channel = request.channel().ok_or("no channel")?;
    let who = match channel.extensions().get::<TlsInfo>() {
        None => "plain".to_owned(),
        Some(info) => format!("{} certificates", info.peer_certificates().len()),
    };
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(who))
}

async fn start(files: PemFiles, mode: TlsMode) -> Running {
    let layer = TlsLayer::new(ServerTls::from_files(files).expect("sound")).mode(mode);
    let server = Server::new(service_fn(whoami)).connection_layer(layer);
    run(server.bind("127.0.0.1:0").await.expect("binds"))
}

async fn ask(client: &Client, server: &Running) -> Result<String, InvokeError> {
    ask_at(client, server.addr).await
}

async fn ask_at(client: &Client, addr: impl Into<Addr>) -> Result<String, InvokeError> {
    let answer = soon(client.invoke(addr, RemotingCommand::request(1), 5 * SECOND)).await?;
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

/// Returns the TLS error that prevented the connection.
fn tls_error(error: InvokeError) -> TlsError {
    let InvokeError::Connect { source, .. } = error else { panic!("{error:?}") };
    let source = Arc::into_inner(source).expect("nobody else waits for it");
    let ConnectError::Transport(source) = source else { panic!("{source:?}") };
    *source.downcast().expect("the transport's")
}

/// A client that trusts the server and has a certificate of this authority.
fn with_identity(certificates: &Certificates, authority: &SelfSigned) -> ClientTls {
    let issued = authority.issue(["a client"]).expect("issued");
    let tls = certificates.client_tls().identity_pem(issued.certificate_pem(), issued.key_pem());
    tls.expect("sound")
}

#[tokio::test]
async fn both_ends_may_have_certificates() {
    let certificates = Certificates::new("both");
    let roots = certificates.roots();
    let without = client(certificates.client_tls());
    let with = client(with_identity(&certificates, &certificates.authority));
    let strangers = client(with_identity(&certificates, &SelfSigned::new().expect("made")));

    let server = start(certificates.files(), TlsMode::Enforcing).await;
    for client in [&without, &with, &strangers] {
        assert_eq!(ask(client, &server).await.expect("served"), "0 certificates", "not asked for");
    }
    server.stop().await;

    let asking = certificates.files().ask_client_certificates(&roots);
    let server = start(asking, TlsMode::Enforcing).await;
    assert_eq!(ask(&without, &server).await.expect("served"), "0 certificates");
    assert_eq!(ask(&with, &server).await.expect("served"), "1 certificates");
    assert!(ask(&strangers, &server).await.is_err());
    server.stop().await;

    let requiring = certificates.files().require_client_certificates(&roots);
    let server = start(requiring, TlsMode::Enforcing).await;
    assert_eq!(ask(&with, &server).await.expect("served"), "1 certificates");
    assert!(ask(&without, &server).await.is_err());
    assert!(ask(&strangers, &server).await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn modes_decide_about_plain_clients_and_tls() {
    let certificates = Certificates::new("modes");
    let (plain, tls) = (Client::new(), client(certificates.client_tls()));
    for (mode, expected) in [
        (TlsMode::Disabled, [Some("plain"), None]),
        (TlsMode::Permissive, [Some("plain"), Some("0 certificates")]),
        (TlsMode::Enforcing, [None, Some("0 certificates")]),
    ] {
        let server = start(certificates.files(), mode).await;
        for (client, expected) in [&plain, &tls].into_iter().zip(expected) {
            let answer = ask(client, &server).await;
            match expected {
                Some(text) => assert_eq!(answer.expect("served"), text, "{mode}"),
                None => assert!(answer.is_err(), "{mode}"),
            }
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn clients_verify_servers() {
    let certificates = Certificates::new("verify");
    let server = start(certificates.files(), TlsMode::Enforcing).await;
    // A client that trusts another authority is refused.
    let other = SelfSigned::new().expect("made").certificate_pem();
    let other = client(ClientTls::from_roots_pem(other).expect("sound"));
    let error = tls_error(ask(&other, &server).await.expect_err("not trusted"));
    assert!(
        matches!(&error, TlsError::Handshake { source, .. }
        if source.to_string().starts_with("invalid peer certificate")),
        "{error:?}"
    );
    // The right authority, with another name.
    let named = |name| client(certificates.client_tls().server_name(name).expect("a name"));
    let error = tls_error(ask(&named("other.example"), &server).await.expect_err("another name"));
    assert!(
        matches!(&error, TlsError::Handshake { source, .. }
        if source.to_string().contains("not valid for name")),
        "{error:?}"
    );
    assert!(ask(&named("localhost"), &server).await.is_ok(), "a name instead of the address");
    let by_name = format!("localhost:{}", server.addr.port());
    assert!(ask_at(&client(certificates.client_tls()), by_name).await.is_ok(), "by its name");
    // A client may accept any certificate.
    let careless = client(ClientTls::danger_accept_any_certificate().expect("sound"));
    assert!(ask(&careless, &server).await.is_ok());
    // An address that is not a valid name for TLS.
    let error = ask_at(&client(certificates.client_tls()), "under_scores and blanks:1").await;
    assert!(matches!(tls_error(error.expect_err("no name")), TlsError::ServerName { .. }));
    assert!(certificates.client_tls().server_name("a b").is_err());
    server.stop().await;
}

#[tokio::test]
async fn a_client_knows_what_the_handshake_found_out() {
    let certificates = Certificates::new("facts");
    let server = start(certificates.files(), TlsMode::Enforcing).await;
    let client = client(certificates.client_tls().server_name("localhost").expect("a name"));
    let channel = client.connect(server.addr, 5 * SECOND).await.expect("open");
    let info: &TlsInfo = channel.extensions().get().expect("facts");
    assert_eq!((info.server_name(), info.peer_certificates().len()), (Some("localhost"), 1));
    assert_eq!(*channel.peer_addr(), Addr::from(server.addr));
    server.stop().await;
}

/// One server accepts connections and stays silent, the other one does not speak TLS.
#[tokio::test]
async fn clients_do_not_wait_for_ever() {
    let certificates = Certificates::new("silent");
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let addr = silent.local_addr().expect("bound");
    let tls = TlsTransport::new(certificates.client_tls()).handshake_timeout(SECOND / 10);
    let client = Client::builder().connector(Connector::new().transport(tls)).build();
    let error = tls_error(ask_at(&client, addr).await.expect_err("silence"));
    assert!(matches!(error, TlsError::Timeout { limit, .. } if limit == SECOND / 10), "{error:?}");
    let babbling = tokio::spawn(async move {
        // The kernel's queue holds the connection of the first attempt before that of the second.
        for _ in 0..2 {
            let (mut io, _) = silent.accept().await.expect("open");
            _ = io.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = tls_error(ask_at(&client, addr).await.expect_err("nonsense"));
    assert!(matches!(error, TlsError::Handshake { .. }), "{error:?}");
    babbling.await.expect("no panic");
}

/// Bodies longer than all buffers, in both directions, many at once.
#[tokio::test]
async fn long_bodies_arrive_whole() {
    let certificates = Certificates::new("long");
    let layer = TlsLayer::new(ServerTls::from_files(certificates.files()).expect("sound"));
    let server = Server::new(service_fn(echo)).connection_layer(layer);
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let client = client(certificates.client_tls());
    let calls = [0, 1, 16 << 10, 64 << 10, 1 << 20, 4 << 20].map(|length| {
        let (client, addr) = (client.clone(), server.addr);
        let body: Vec<u8> = (0..length).map(|at: usize| (at * 31 + at / 256) as u8).collect();
        let request = RemotingCommand::request(1).with_body(body.clone());
        async move { (client.invoke(addr, request, 20 * SECOND).await, body) }
    });
    for call in calls.map(tokio::spawn) {
        let (answer, body) = soon(call).await.expect("no panic");
        assert!(*answer.expect("answered").body() == body);
    }
    server.stop().await;
}

/// A shutdown finishes connections in use; unfinished handshakes do not delay it.
#[tokio::test]
async fn a_shutdown_is_as_graceful_as_without() {
    let certificates = Certificates::new("shutdown");
    let layer = TlsLayer::new(ServerTls::from_files(certificates.files()).expect("sound"));
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let slow = service_fn(move |request: RemotingCommand| {
        let begun = begun.clone();
        async move {
            begun.send(())?;
            tokio::time::sleep(SECOND / 4).await;
            echo(request).await
        }
    });
    let server =
        run(Server::new(slow).connection_layer(layer).bind("127.0.0.1:0").await.expect("binds"));
    let client = client(certificates.client_tls());
    let mut silent = TcpStream::connect(server.addr).await.expect("connects");
    let addr = server.addr;
    let call = tokio::spawn(async move { client.invoke(addr, request(1, 1), 10 * SECOND).await });
    soon(begins.recv()).await.expect("it runs");
    let started = Instant::now();
    let shutdown = server.stop().await;
    assert_eq!((shutdown.accepted, shutdown.aborted), (2, 0));
    assert!(started.elapsed() < 3 * SECOND, "{:?}", started.elapsed());
    assert!(soon(call).await.expect("no panic").is_ok());
    assert_eq!(soon(silent.read(&mut [0; 1])).await.expect("an end"), 0);
}

#[tokio::test]
async fn plain_requests_are_dropped_where_tls_is_enforced() {
    let certificates = Certificates::new("dropped");
    let server = start(certificates.files(), TlsMode::Enforcing).await;
    let mut raw = Raw::connect(server.addr).await;
    _ = raw.io.write_all(&encode(&request(1, 1))).await;
    assert!(raw.next_or_end().await.is_none());
    server.stop().await;
}

/// The header comes first, then the handshake: the peer is the client, identified by its
/// certificate.
#[cfg(feature = "proxy-protocol")]
#[tokio::test]
async fn a_balancer_may_stand_in_front() {
    use rocketmq_tower::ChannelInfo;
    use rocketmq_tower::layers::ProxyProtocolLayer;
    use rocketmq_tower::layers::network::Network;
    use tokio::io::AsyncWriteExt;
    let certificates = Certificates::new("balancer");
    let files = certificates.files().require_client_certificates(certificates.roots());
    let tls = TlsLayer::new(ServerTls::from_files(files).expect("sound"));
    let trusted: Network = "127.0.0.1".parse().expect("an address");
    let peer = service_fn(|request: RemotingCommand| async move {
        let peer = request.channel().map(|channel| channel.peer_addr().to_string());
        let mut answer = whoami(request).await?;
        answer.set_remark(peer.unwrap_or_default());
        Ok::<_, BoxError>(answer)
    });
    let server = Server::new(peer)
        .connection_layer(ProxyProtocolLayer::required().trust([trusted]))
        .connection_layer(tls);
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let addr = server.addr;
    let balancer = service_fn(move |_: Addr| async move {
        let mut io = TcpStream::connect(addr).await?;
        io.write_all(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 10911\r\n").await?;
        Ok::<_, std::io::Error>((io, ChannelInfo::default()))
    });
    let tls =
        TlsTransport::new(with_identity(&certificates, &certificates.authority)).over(balancer);
    let client = Client::builder().connector(Connector::new().transport(tls)).build();
    let answer = client.invoke("127.0.0.1:1", request(1, 1), 5 * SECOND).await.expect("served");
    assert_eq!(answer.remark(), Some("192.0.2.7:4711"));
    assert_eq!(&answer.body()[..], b"1 certificates");
    server.stop().await;
}

/// TLS works over any inner transport that reaches the server.
#[cfg(feature = "socks5")]
#[tokio::test]
async fn tls_goes_over_other_transports() {
    use rocketmq_tower::client::transport::Socks5Transport;
    let certificates = Certificates::new("over");
    let server = start(certificates.files(), TlsMode::Enforcing).await;
    let direct = Socks5Transport::new("127.0.0.1:1").only_for(|_: &Addr| false);
    let tls = TlsTransport::new(certificates.client_tls()).over(direct);
    let client = Client::builder().connector(Connector::new().transport(tls)).build();
    assert_eq!(ask(&client, &server).await.expect("served"), "0 certificates");
    server.stop().await;
}
