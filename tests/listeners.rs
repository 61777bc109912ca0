//! Servers that listen on sockets that the user bound, and on several at once.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::server::ServeError;
use rocketmq_tower::server::listener::{Accept, IntoListener, Listener, Retry};
use rocketmq_tower::{Addr, ChannelInfo, MqVersion, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, soon};
use std::future::{Future, pending};
use std::io;
use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

async fn local() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("binds")
}

/// A listener that always has a connection, from a peer with this name.
struct Busy(&'static str);

impl Listener for Busy {
    type Io = DuplexStream;

    async fn accept(&mut self) -> Option<(DuplexStream, ChannelInfo)> {
        Some((tokio::io::duplex(1).0, ChannelInfo::new(Addr::Unnamed, self.0)))
    }

    fn local_addr(&self) -> Addr {
        self.0.into()
    }
}

/// Accepts never fail, or always.
struct Failing(bool);

impl Accept for Failing {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, ChannelInfo)> {
        if self.0 {
            return Err(io::Error::other("no file descriptors"));
        }
        pending().await
    }

    fn local_addr(&self) -> Addr {
        Addr::Unnamed
    }
}

/// Returns the names of the next peers.
async fn peers<L: Listener>(listener: &mut L, count: usize) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..count {
        let (_, info) = listener.accept().await.expect("a connection");
        names.push(info.peer_addr.to_string());
    }
    names
}

#[tokio::test]
async fn a_socket_that_the_user_bound() {
    let listener = local().await;
    let addr = listener.local_addr().expect("bound");
    let server = Server::new(service_fn(echo)).listen(listener).spawn();
    assert_eq!(server.local_addr(), addr.into());
    assert_eq!(Raw::connect(addr).await.call(&request(1, 3)).await.opaque(), 3);
    server.shutdown().await.expect("no failure");
}

#[tokio::test]
async fn several_sockets_are_one_server() {
    let server = Server::new(service_fn(echo)).listen([local().await, local().await]).spawn();
    let addrs = server.local_addrs().to_vec();
    assert_eq!((addrs.len(), &addrs[0]), (2, &server.local_addr()));
    let mut clients = Vec::new();
    for addr in [&addrs[1], &addrs[0], &addrs[1]] {
        let mut client = Raw::connect(addr.socket_addr().expect("an IP address")).await;
        assert_eq!(client.call(&request(1, 3)).await.opaque(), 3);
        clients.push(client);
    }
    assert_eq!(server.connections().len(), 3);
    drop(clients);
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 3);
}

#[cfg(unix)]
#[tokio::test]
async fn sockets_of_several_kinds() {
    use rocketmq_tower_test_support::Folder;
    use tokio::net::{UnixListener, UnixStream};

    let folder = Folder::new("rocketmq-tower-listeners");
    let path = folder.file("socket");
    let unix = UnixListener::bind(&path).expect("binds");
    let (memory, mut memory_peers) = Scripted::new(1, false);
    let server = Server::new(service_fn(echo)).listen((vec![local().await], unix, memory)).spawn();
    let [Addr::Ip(tcp), Addr::Unix(unix), Addr::Unnamed] = server.local_addrs() else {
        panic!("{:?}", server.local_addrs());
    };
    assert_eq!(&**unix, path);
    let mut over_unix = Raw::new(UnixStream::connect(&path).await.expect("connects"));
    assert_eq!(over_unix.call(&request(1, 1)).await.opaque(), 1);
    assert_eq!(Raw::connect(*tcp).await.call(&request(1, 2)).await.opaque(), 2);
    assert_eq!(memory_peers[0].call(&request(1, 3)).await.opaque(), 3);
    drop((over_unix, memory_peers));
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 3);
}

#[tokio::test(start_paused = true)]
async fn busy_listeners_do_not_starve_the_others() {
    let mut set = vec![Busy("a"), Busy("b"), Busy("c")].into_listener();
    assert_eq!(peers(&mut set, 6).await, ["a", "b", "c", "a", "b", "c"]);
    let mut pair = (Busy("a"), Busy("b")).into_listener();
    let names = peers(&mut pair, 1000).await;
    let share = names.iter().filter(|name| *name == "a").count();
    assert!((300..700).contains(&share), "{share} of 1000 from one of two");
}

/// Retries an accept that fails, but its wait does not stop the other listeners.
#[tokio::test(start_paused = true)]
async fn errors_of_one_listener_do_not_delay_the_others() {
    let started = Instant::now();
    let sources = (Retry::new(Failing(true)), Busy("b"));
    assert_eq!(peers(&mut sources.into_listener(), 3).await, ["b", "b", "b"]);
    assert!(started.elapsed().is_zero());

    let mut none = [Retry::new(Failing(true)), Retry::new(Failing(false))].into_listener();
    timeout(100 * SECOND, none.accept()).await.expect_err("no connection, and no end");
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_ends_leaves_the_others() {
    let (one, mut first) = Scripted::new(1, true);
    let (two, mut second) = Scripted::new(2, true);
    for peer in first.iter_mut().chain(&mut second) {
        peer.send(&request(1, 1).with_version(MqVersion::V5_3_1)).await;
    }
    let server = Server::new(service_fn(echo)).listen(vec![one, two]).spawn();
    for peer in first.iter_mut().chain(&mut second) {
        let opaque = peer.next().await.expect("served").opaque();
        assert_eq!(opaque, 1);
    }
    drop((first, second));
    assert_eq!(soon(server.wait()).await.expect("no failure").accepted, 3);

    let (one, first) = Scripted::new(1, true);
    let (two, second) = Scripted::new(2, true);
    drop((first, second));
    let server = Server::new(service_fn(echo)).listen((one, two)).spawn();
    assert_eq!(soon(server.wait()).await.expect("no failure").accepted, 3);

    let none = Server::new(service_fn(echo)).listen(Vec::<TcpListener>::new()).spawn();
    assert_eq!((none.local_addr(), none.local_addrs()), (Addr::Unnamed, [].as_slice()));
    assert_eq!(soon(none.wait()).await.expect("no failure").accepted, 0);
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_gives_up_ends_the_server() {
    let failing = || Retry::new(Failing(true)).give_up_after(1);
    let waiting = || Retry::new(Failing(false));
    async fn fails(serving: impl Future<Output = Result<impl Sized, ServeError>>) {
        let error = soon(serving).await.map(drop).expect_err("it gave up");
        assert!(matches!(error, ServeError::Accept(_)), "{error:?}");
    }
    let server = || Server::new(service_fn(echo));
    fails(server().listen(vec![waiting(), failing()]).serve()).await;
    fails(server().listen((waiting(), failing())).serve()).await;
    fails(server().listen((failing(), vec![waiting()])).serve()).await;
}

/// One limit for all: a connection is not accepted before there is a permit for it.
#[tokio::test]
async fn one_limit_of_connections_for_all() {
    let server = Server::new(service_fn(echo)).max_connections(1);
    let server = server.listen([local().await, local().await]).spawn();
    let addrs: Vec<_> = server.local_addrs().iter().filter_map(Addr::socket_addr).collect();
    let mut first = Raw::connect(addrs[0]).await;
    first.call(&request(1, 1)).await;
    let mut second = Raw::connect(addrs[1]).await;
    second.send(&request(1, 2)).await;
    let waiting = timeout(SECOND / 10, second.io.readable()).await;
    assert!(waiting.is_err(), "in the kernel's queue");
    assert_eq!(server.connections().len(), 1);
    drop(first);
    assert_eq!(second.next().await.expect("served").opaque(), 2);
    drop(second);
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 2);
}
