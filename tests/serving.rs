//! A server from `bind` to its first responses.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Scripted, echo_server, run};
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::layers::rpc_hook::{RequestHead, RpcHook};
use rocketmq_tower::server::listener::{Retry, TcpAcceptor};
use rocketmq_tower::server::{Connections, Listener, TcpOptions};
use rocketmq_tower::{
    Addr, BoxError, ChannelInfo, Connection, LanguageCode, MqVersion, RemotingCommand,
    ResponseCode, SerializeType, Server, Service, ServiceExt, service_fn,
};
use rocketmq_tower_test_support::{Folder, Raw, SECOND, echo, request, soon};
use std::io::ErrorKind;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn requests_are_answered_in_their_own_serialization() {
    let server = echo_server().await;
    let mut client = Raw::connect(server.addr).await;
    for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
        let ask = request(310, 7)
            .with_language(LanguageCode::CPP)
            .with_serialize_type(serialize_type)
            .with_ext_field("b", "TopicTest")
            .with_body("body");
        let answer = client.call(&ask).await;
        let mut expected = RemotingCommand::response(ResponseCode::SUCCESS)
            .with_serialize_type(serialize_type)
            .with_body("body");
        expected.set_opaque(7);
        assert_eq!(answer, expected, "success, the body, and nothing else");
    }
    assert_eq!(server.stop().await.accepted, 1);
}

#[tokio::test]
async fn many_requests_at_once_over_many_connections() {
    let server = echo_server().await;
    let clients = (0..20).map(|client| {
        let addr = server.addr;
        tokio::spawn(async move {
            let mut raw = Raw::connect(addr).await;
            for opaque in 0..500 {
                raw.send(&request(client, opaque).with_body(vec![client as u8; 100])).await;
            }
            for opaque in 0..500 {
                let answer = raw.next().await.expect("an answer");
                assert_eq!((answer.opaque(), answer.body()[0]), (opaque, client as u8));
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("no panic");
    }
    server.stop().await;
}

#[tokio::test]
async fn bind_errors_are_returned() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let addr = taken.local_addr().expect("bound");
    let error = Server::new(service_fn(echo)).bind(addr).await.expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert_eq!(error.to_string(), format!("failed to bind to {addr}"));
    Server::new(service_fn(echo)).bind("no such address").await.expect_err("unresolvable");
}

#[tokio::test]
async fn the_address_is_known_and_the_kernel_queues_before_serving() {
    let server = Server::new(service_fn(echo)).bind("127.0.0.1:0").await.expect("binds");
    let addr = server.local_addr().socket_addr().expect("an IP address");
    assert_ne!(addr.port(), 0);
    let mut early = Raw::connect(addr).await;
    early.send(&request(1, 1)).await;
    let _server = run(server);
    assert_eq!(early.next().await.expect("an answer").opaque(), 1);
}

#[tokio::test]
async fn a_port_can_be_bound_again_at_once() {
    let server = echo_server().await;
    let addr = server.addr;
    let mut client = Raw::connect(addr).await;
    client.call(&request(1, 1)).await;
    server.stop().await;
    let again = run(Server::new(service_fn(echo)).bind(addr).await.expect("SO_REUSEADDR"));
    assert_eq!(Raw::connect(addr).await.call(&request(1, 2)).await.opaque(), 2);
    again.stop().await;
}

#[tokio::test]
async fn socket_options_are_set() {
    let mut options = TcpOptions::default();
    options.send_buffer = Some(40_000);
    options.recv_buffer = Some(50_000);
    let mut listener = Retry::new(TcpAcceptor::bind("127.0.0.1:0", &options).await.expect("binds"));
    let addr = listener.local_addr().socket_addr().expect("an IP address");
    let client = TcpStream::connect(addr).await.expect("connects");
    let (accepted, info) = soon(listener.accept()).await.expect("accepts");
    assert!(accepted.nodelay().expect("open"));
    // Linux doubles the requested size.
    let socket = tokio::net::TcpSocket::from_std_stream(accepted.into_std().expect("open"));
    assert!((40_000..=80_000).contains(&socket.send_buffer_size().expect("open")));
    assert!((50_000..=100_000).contains(&socket.recv_buffer_size().expect("open")));
    assert_eq!(info.peer_addr, Addr::Ip(client.local_addr().expect("open")));
    assert_eq!(info.local_addr, Addr::Ip(addr));

    options.nodelay = false;
    let mut listener = Retry::new(TcpAcceptor::bind("127.0.0.1:0", &options).await.expect("binds"));
    let addr = listener.local_addr().socket_addr().expect("an IP address");
    let _client = TcpStream::connect(addr).await.expect("connects");
    let (accepted, _) = soon(listener.accept()).await.expect("accepts");
    assert!(!accepted.nodelay().expect("open"));
}

/// The kernel queues `backlog` + 1 connections and leaves the SYN of further ones unanswered.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_backlog_is_honoured() {
    let mut options = TcpOptions::default();
    options.backlog = 3;
    let listener = TcpAcceptor::bind("127.0.0.1:0", &options).await.expect("binds");
    let addr = rocketmq_tower::server::listener::Accept::local_addr(&listener);
    let addr = addr.socket_addr().expect("an IP address");
    let mut queued = Vec::new();
    while let Ok(client) = tokio::time::timeout(SECOND, TcpStream::connect(addr)).await {
        queued.push(client.expect("connects"));
        assert!(queued.len() < 20, "the backlog is larger than asked for");
    }
    assert_eq!(queued.len(), 4);
}

struct Mark;

impl RpcHook for Mark {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        request.extensions_mut().insert(peer.to_string());
        Ok(())
    }

    fn after(
        &self,
        _peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        let peer = request.extensions().get::<String>().ok_or("not kept")?;
        response.ok_or("no response")?.ext_fields_mut().insert("hooked", peer);
        Ok(())
    }
}

#[tokio::test]
async fn hooks_and_events_of_the_default_stack() {
    let (events, mut told) = EventsLayer::stream(16);
    let mut gone = events.disconnected();
    let server = Server::new(service_fn(echo)).hook(Mark).events(events);
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let mut client = Raw::connect(server.addr).await;
    let addr = client.io.local_addr().expect("open").to_string();
    let answer = client.call(&request(1, 1)).await;
    assert_eq!(answer.ext_fields().get("hooked"), Some(addr.as_str()));
    assert_eq!(soon(told.recv()).await.expect("an event").name(), "CONNECTED");
    drop(client);
    let event = soon(told.recv()).await.expect("an event");
    assert_eq!(
        (event.name(), event.channel().peer_addr().to_string()),
        ("DISCONNECTED", addr.clone())
    );
    assert_eq!(soon(gone.recv()).await.expect("an address").to_string(), addr);
    server.stop().await;
}

/// The table of connections is used to push, count and close.
#[tokio::test]
async fn connections_can_be_found_and_closed() {
    let server = Server::new(service_fn(echo)).bind("127.0.0.1:0").await.expect("binds");
    let connections = server.connections();
    let server = run(server);
    assert!(connections.is_empty());
    let mut client = Raw::connect(server.addr).await;
    client.call(&request(1, 1)).await;
    let channel = connections.channels().pop().expect("one");
    assert_eq!(connections.get(channel.id()).expect("the same").id(), channel.id());
    channel.invoke_oneway(request(40, 0)).await.expect("open");
    assert_eq!(client.next().await.expect("pushed").code(), 40);
    channel.close("enough");
    assert!(client.next_or_end().await.is_none());
    soon(async {
        while !connections.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.stop().await;
}

/// A table that is created before the server, so that its processor can push to all connections.
#[tokio::test]
async fn a_processor_can_hold_the_table_of_connections() {
    let connections = Connections::default();
    let all = connections.clone();
    let processor = service_fn(move |request: RemotingCommand| {
        let all = all.clone();
        async move {
            for channel in all.channels() {
                channel.invoke_oneway(RemotingCommand::request(40)).await?;
            }
            echo(request).await
        }
    });
    let server = Server::new(processor).connections(connections.clone()).bind("127.0.0.1:0").await;
    let server = run(server.expect("binds"));
    let mut clients = [Raw::connect(server.addr).await, Raw::connect(server.addr).await];
    soon(async {
        while connections.len() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    clients[0].send(&request(1, 1)).await;
    for client in &mut clients {
        let mut pushed = client.next().await.expect("a frame");
        if pushed.is_response() {
            pushed = client.next().await.expect("a frame");
        }
        assert_eq!(pushed.code(), 40);
    }
    server.stop().await;
}

/// Each server counts and drains its own connections, and the table can be used again.
#[tokio::test]
async fn servers_can_share_a_table_of_connections() {
    let connections = Connections::default();
    let server = async || {
        let server = Server::new(service_fn(echo)).connections(connections.clone());
        run(server.bind("127.0.0.1:0").await.expect("binds"))
    };
    let (one, two) = (server().await, server().await);
    let mut ours = Raw::connect(one.addr).await;
    let mut theirs = Raw::connect(two.addr).await;
    ours.call(&request(1, 1)).await;
    theirs.call(&request(1, 1)).await;
    assert_eq!(connections.len(), 2);
    let (shutdown, end) = tokio::join!(one.stop(), async {
        let end = ours.next_or_end().await;
        drop(ours);
        end
    });
    assert!(end.is_none(), "drained");
    assert_eq!((shutdown.accepted, connections.len()), (1, 1));
    assert_eq!(theirs.call(&request(1, 2)).await.response_code(), ResponseCode::SUCCESS);

    let three = server().await;
    let mut again = Raw::connect(three.addr).await;
    assert_eq!(again.call(&request(1, 3)).await.response_code(), ResponseCode::SUCCESS);
    drop((theirs, again));
    two.stop().await;
    three.stop().await;
}

#[tokio::test]
async fn a_listener_that_ends_ends_the_server() {
    let (listener, mut peers) = Scripted::new(3, true);
    for peer in &mut peers {
        peer.send(&request(1, 1).with_version(MqVersion::V5_3_1)).await;
    }
    let server = tokio::spawn(Server::new(service_fn(echo)).listen(listener).serve());
    for peer in &mut peers {
        assert_eq!(peer.next().await.expect("what was sent is served").opaque(), 1);
        assert!(peer.next().await.is_none());
    }
    drop(peers);
    let shutdown = soon(server).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (3, 0));
}

#[tokio::test]
async fn dropping_the_future_cuts_everything() {
    let server = echo_server().await;
    let mut client = Raw::connect(server.addr).await;
    client.call(&request(1, 1)).await;
    server.task.abort();
    assert!(client.next_or_end().await.is_none());
    let refused = soon(TcpStream::connect(server.addr)).await.expect_err("nobody listens");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

/// After that, requests that are on their way have a second.
#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_drained_after_120_s() {
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(Server::new(service_fn(echo)).listen(listener).serve());
    let mut peer = peers.remove(0);
    let started = Instant::now();
    let end = timeout(300 * SECOND, peer.io.read_u8()).await.expect("closed");
    assert_eq!(end.expect_err("nothing came").kind(), ErrorKind::UnexpectedEof);
    assert_eq!(started.elapsed(), 121 * SECOND);
}

/// For programs with their own accept loop.
#[tokio::test]
async fn as_a_service_of_connections() {
    let mut service = Server::new(service_fn(echo)).max_connections(1).into_service();
    let (mut peers, mut lives) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (ours, theirs) = tokio::io::duplex(1024);
        let ready = tokio::time::timeout(SECOND / 10, service.ready()).await;
        assert_eq!(ready.is_ok(), lives.is_empty(), "one at a time");
        if let Ok(ready) = ready {
            let connection = Connection::new(theirs, ChannelInfo::default());
            lives
                .push((connection.channel(), tokio::spawn(ready.expect("ready").call(connection))));
            peers.push(Raw::new(ours));
        }
    }
    assert_eq!(peers[0].call(&request(1, 5)).await.opaque(), 5);
    let (channel, life) = lives.remove(0);
    channel.drain();
    assert!(peers[0].next().await.is_none());
    drop(peers);
    soon(life).await.expect("no panic").expect("no failure");
    soon(service.ready()).await.expect("ready again");
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_come_free() {
    let folder = Folder::new("rocketmq-tower-serving");
    let path = folder.file("socket");
    let listener = tokio::net::UnixListener::bind(&path).expect("binds");
    let server = Server::new(service_fn(echo)).listen(listener);
    assert_eq!(server.local_addr().to_string(), path.to_string_lossy());
    tokio::spawn(server.serve());
    let mut client = Raw::new(tokio::net::UnixStream::connect(&path).await.expect("connects"));
    assert_eq!(client.call(&request(1, 3)).await.opaque(), 3);
}
