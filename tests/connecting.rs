//! How a client connects, and how long its connections last.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{echo_server, run};
use rocketmq_tower::client::transport::TcpTransport;
use rocketmq_tower::client::{Client, ConnectError, Connector, InvokeError, RetryUnprocessed};
use rocketmq_tower::server::Connections;
use rocketmq_tower::{
    Addr, CloseReason, RemotingCommand, Server, Service, ServiceBuilder, ServiceExt, error,
    service_fn,
};
use rocketmq_tower_test_support::{SECOND, echo, soon, until};
use std::future::ready;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

/// Returns an address without a listener.
async fn refusing() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    free.local_addr().expect("bound")
}

/// Returns an address that does not respond, like that of a host that is down: the listener's queue
/// is full.
async fn silent() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    silent_at("127.0.0.1:0").await
}

async fn silent_at(addr: &str) -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    let full = TcpSocket::new_v4().expect("a socket");
    full.bind(addr.parse().expect("an address")).expect("binds");
    let full = full.listen(0).expect("listens");
    let addr = full.local_addr().expect("bound");
    let mut queued = Vec::new();
    while let Ok(stream) = timeout(SECOND / 4, TcpStream::connect(addr)).await {
        queued.push(stream.expect("connects"));
        assert!(queued.len() < 10);
    }
    (addr, full, queued)
}

#[tokio::test]
async fn connect_errors_name_the_address() {
    let refusing = refusing().await;
    let error = rocketmq_tower::connect(refusing).await.expect_err("refused");
    assert_eq!(error.to_string(), format!("connecting to {refusing} failed"));
    let ConnectError::Io { source, .. } = error else { panic!("{error:?}") };
    assert_eq!(source.kind(), ErrorKind::ConnectionRefused);

    let (silent, _listener, _queued) = silent().await;
    let connector = Connector::new().connect_timeout(SECOND / 2);
    let error = soon(connector.connect(silent)).await.expect_err("timed out");
    assert_eq!(error.to_string(), format!("connecting to {silent} took longer than 500ms"));
    assert!(matches!(error, ConnectError::Timeout { addr, .. } if addr == silent));

    let error = connector.connect("no such address").await.expect_err("unresolvable");
    assert!(matches!(error, ConnectError::Resolve(_)), "{error:?}");
    let error = connector.connect(&[][..]).await.expect_err("nothing");
    assert!(matches!(error, ConnectError::Resolve(_)), "{error:?}");
}

#[tokio::test]
async fn calls_name_the_address_that_they_cannot_reach() {
    let client = Client::new();
    for addr in [Addr::from(refusing().await), Addr::from("no such host:1")] {
        let command = RemotingCommand::request(1);
        let answer = client.invoke(addr.clone(), command.clone(), 9 * SECOND).await.map(drop);
        let written = client.invoke_oneway(addr.clone(), command, 9 * SECOND).await;
        for outcome in [answer, written] {
            let error = outcome.expect_err("nobody there");
            assert_eq!(error.to_string(), format!("no connection to {addr}"));
            assert!(matches!(error, InvokeError::Connect { .. }) && error.is_unprocessed());
        }
    }
}

#[tokio::test]
async fn by_default_a_server_has_3_s_to_let_one_connect() {
    let (silent, _listener, _queued) = silent().await;
    tokio::time::pause();
    let start = Instant::now();
    let client = Client::new();
    let error = client.invoke(silent, RemotingCommand::request(1), 9 * SECOND).await;
    let error = error.expect_err("it is silent");
    assert!(error.is_unprocessed());
    let text = format!("no connection to {silent}: connecting to {silent} took longer than 3s");
    assert_eq!(error::chain_text(&error), text);
    let late = start.elapsed() - 3 * SECOND;
    assert!(late < SECOND / 100, "{late:?}");
}

/// A host that is down takes little time from the others.
#[tokio::test]
async fn addresses_that_do_not_respond_are_passed() {
    let server = echo_server().await;
    let (refusing, (silent, _listener, _queued)) = tokio::join!(refusing(), silent());
    let connector = Connector::new().connect_timeout(20 * SECOND);
    let addrs = [silent, refusing, server.addr];
    let channel = soon(connector.connect(&addrs[..])).await.expect("the third can be reached");
    assert_eq!(channel.peer_addr().socket_addr(), Some(server.addr));

    let connector = Connector::new().connect_timeout(SECOND / 2);
    let error = soon(connector.connect(&addrs[..2])).await.expect_err("none of the first two");
    let ConnectError::AllFailed { failures, untried: 0 } = &error else { panic!("{error:?}") };
    let [ConnectError::Io { addr: first, .. }, ConnectError::Timeout { addr: second, .. }] =
        &failures[..]
    else {
        panic!("{error:?}")
    };
    assert_eq!((*first, *second), (refusing, silent));
    let text = format!("none of 2 addresses can be reached: connecting to {refusing} failed: ");
    assert!(error.to_string().starts_with(&text), "{error}");
    let text = format!("; connecting to {silent} took longer than 500ms");
    assert!(error.to_string().ends_with(&text), "{error}");
    drop(channel);
    server.stop().await;
}

/// Six hosts of a name are down. With 3 s for each in turn, no dial would reach the seventh.
#[tokio::test]
async fn a_name_is_reached_though_most_of_its_addresses_are_down() {
    let server = echo_server().await;
    let (full, _listener, _queued) = silent_at("0.0.0.0:0").await;
    let mut addrs: Vec<_> =
        (1..=6).map(|last| SocketAddr::from(([127, 0, 0, last], full.port()))).collect();
    addrs.push(server.addr);
    let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let tcp = TcpTransport::new().connect_timeout(3600 * SECOND).attempt_delay(SECOND / 50);
    let tcp = tcp.resolver(move |name| {
        _ = ask.send(name);
        ready(Ok(addrs.clone()))
    });
    let client = Client::builder().connector(Connector::new().transport(tcp)).build();
    let call = client.invoke("brokers:10911", RemotingCommand::request(1), 9 * SECOND);
    soon(call).await.expect("answered by the seventh");
    assert_eq!(asked.recv().await.as_deref(), Some("brokers:10911"));
    server.stop().await;
}

#[tokio::test]
async fn the_last_good_address_of_a_name_is_first_until_it_fails() {
    let (first, second) = (refusing().await, refusing().await);
    let tcp = TcpTransport::new().resolver(move |_| ready(Ok(vec![first, second])));
    let dial = async || {
        let connected = soon(tcp.clone().oneshot("brokers:10911".into())).await;
        connected.map(|(_, info)| info.peer_addr)
    };
    let listen = async |addr| TcpListener::bind(addr).await.expect("binds");
    let second_listens = listen(second).await;
    assert_eq!(dial().await.expect("the second"), second.into());
    let first_listens = listen(first).await;
    assert_eq!(dial().await.expect("the second, again"), second.into());
    drop((first_listens, second_listens));
    let error = dial().await.expect_err("none");
    assert!(matches!(error, ConnectError::AllFailed { .. }), "{error:?}");
    let _listen = (listen(first).await, listen(second).await);
    assert_eq!(dial().await.expect("the first, as the other has failed"), first.into());
}

/// The time of a dial is divided, whatever transports are around TCP.
#[tokio::test]
async fn all_addresses_of_a_name_fit_into_the_dial_timeout() {
    let (silent, _listener, _queued) = silent().await;
    let server = echo_server().await;
    let addrs = vec![silent, server.addr];
    let tcp = TcpTransport::new().attempt_delay(3600 * SECOND).connect_timeout(3600 * SECOND);
    let tcp = tcp.resolver(move |_| ready(Ok(addrs.clone())));
    let around = service_fn(move |addr: Addr| tcp.clone().oneshot(addr));
    let client = Client::builder().connector(Connector::new().transport(around));
    let client = client.dial_timeout(SECOND).build();
    let call = client.invoke("brokers:10911", RemotingCommand::request(1), 9 * SECOND);
    soon(call).await.expect("answered by the second, after half of a second");
    server.stop().await;
}

#[tokio::test]
async fn a_connection_lasts_as_long_as_its_channel() {
    let connections = Connections::default();
    let server = Server::new(service_fn(echo)).connections(connections.clone());
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    // The client's processor keeps this channel, which does not keep the connection open.
    let (keep, mut kept) = tokio::sync::mpsc::unbounded_channel();
    let client = Connector::new().service(service_fn(move |request: RemotingCommand| {
        let keep = keep.clone();
        async move {
            keep.send(request.channel().cloned())?;
            echo(request).await
        }
    }));
    let channel = client.connect(server.addr).await.expect("connects");
    let clone = channel.clone();
    channel.invoke(RemotingCommand::request(1), SECOND).await.expect("answered");
    drop(channel);
    // The server can reach the client because a clone of the channel exists.
    let to_client = connections.channels().pop().expect("one");
    to_client.invoke(RemotingCommand::request(307), SECOND).await.expect("answered");
    let _kept = soon(kept.recv()).await.expect("asked").expect("from a connection");
    assert_eq!((connections.len(), to_client.is_closed()), (1, false));
    drop(clone);
    assert!(matches!(soon(to_client.closed()).await, CloseReason::PeerClosed));
    until(|| connections.is_empty()).await;
    server.stop().await;
}

/// Calls are answered, and oneway requests are sent.
#[tokio::test]
async fn a_dropped_channel_finishes_its_calls() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::new(service_fn(move |request: RemotingCommand| {
        let tell = tell.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            tell.send(request.code())?;
            echo(request).await
        }
    }));
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let mut channel = rocketmq_tower::connect(server.addr).await.expect("connects");
    channel.invoke_oneway(RemotingCommand::request(40)).await.expect("open");
    let answer = channel.ready().await.expect("ready").call(RemotingCommand::request(1));
    drop(channel);
    soon(answer).await.expect("answered");
    let mut codes = [soon(told.recv()).await, soon(told.recv()).await];
    codes.sort();
    assert_eq!(codes, [Some(1), Some(40)]);
    assert_eq!(server.stop().await.aborted, 0);
}

/// It is neither a failed connection nor worth another attempt.
#[tokio::test]
async fn texts_that_are_no_addresses_are_named() {
    let client = Client::new();
    for text in ["nonsense", "localhost", "host:99999", "host:", ":80", ""] {
        let policy = RetryUnprocessed::attempts(2).backoff(3600 * SECOND, 3600 * SECOND);
        let retried = ServiceBuilder::new().retry(policy).service(client.clone());
        let error = soon(retried.oneshot((Addr::from(text), RemotingCommand::request(1)))).await;
        let error = error.expect_err("no address");
        assert_eq!(error.to_string(), format!("{text:?} is not an address, which is host:port"));
        let InvokeError::InvalidAddr { addr } = error else { panic!("{error:?}") };
        assert_eq!(addr, Addr::from(text));
        // An endpoint does not wait for it.
        let mut endpoint = client.endpoint(text);
        let error = soon(endpoint.ready()).await.map(drop).expect_err("no address");
        assert!(matches!(error, InvokeError::InvalidAddr { .. }), "{error:?}");
    }
}

/// An invalid address in a list does not keep calls from the others.
#[tokio::test]
async fn name_servers_pass_over_texts_that_are_no_addresses() {
    let server = echo_server().await;
    let good = server.addr.to_string();
    let servers = Client::new().name_servers(["nonsense", &good, "host:99999"]);
    let response = soon(servers.invoke(RemotingCommand::request(1), 9 * SECOND)).await;
    response.expect("answered by the good one");
    assert_eq!(servers.chosen(), Some(server.addr.into()));
    server.stop().await;
}

#[tokio::test]
async fn alternate_texts_of_errors_have_the_causes() {
    let refusing = refusing().await;
    let call = Client::new().invoke(refusing, RemotingCommand::request(1), 9 * SECOND).await;
    let failure = call.expect_err("refused");
    assert_eq!(format!("{failure:#}"), error::chain_text(&failure));
    let start = format!("no connection to {refusing}: connecting to {refusing} failed: ");
    assert!(format!("{failure:#}").starts_with(&start), "{failure:#}");
    assert_eq!(failure.to_string(), format!("no connection to {refusing}"));
}
