//! Connections that wait to be accepted when a server shuts down.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::server::listener::{Accept, IntoListener, Listener, Retry, TcpAcceptor};
use rocketmq_tower::{Addr, ChannelInfo, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, sleeper, soon};
use std::collections::VecDeque;
use std::future::pending;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};

/// The results of attempts to take a connection from the queue. New ones never come.
struct Queue(VecDeque<io::Result<DuplexStream>>);

impl Accept for Queue {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, ChannelInfo)> {
        pending().await
    }

    fn accept_queued(&mut self) -> io::Result<Option<(DuplexStream, ChannelInfo)>> {
        let next = self.0.pop_front().transpose()?;
        Ok(next.map(|io| (io, ChannelInfo::default())))
    }

    fn local_addr(&self) -> Addr {
        Addr::Unnamed
    }
}

/// Returns this many connections, and the peers at their other ends.
fn pipes(count: usize) -> (Vec<Raw<DuplexStream>>, VecDeque<io::Result<DuplexStream>>) {
    let pipes = (0..count).map(|_| tokio::io::duplex(64 * 1024));
    pipes.map(|(ours, theirs)| (Raw::new(ours), Ok(theirs))).unzip()
}

/// Returns a peer that is connected and has sent a request.
async fn waiting(addr: SocketAddr, code: i32, opaque: i32) -> Raw<TcpStream> {
    let mut peer = Raw::connect(addr).await;
    peer.send(&request(code, opaque)).await;
    peer
}

async fn is_sent_away<Io>(mut peer: Raw<Io>, opaque: i32)
where
    Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let answer = soon(peer.next()).await.expect("an answer");
    assert_eq!((answer.opaque(), answer.response_code()), (opaque, ResponseCode::GO_AWAY));
}

#[tokio::test(start_paused = true)]
async fn they_are_taken_and_sent_away() {
    let (mut peers, queue) = pipes(3);
    for (opaque, peer) in (0..).zip(&mut peers) {
        peer.send(&request(1, opaque)).await;
    }
    let server = Server::new(service_fn(echo)).listen(Retry::new(Queue(queue))).spawn();
    let ended = tokio::spawn(server.shutdown());
    for (opaque, peer) in (0..).zip(peers) {
        is_sent_away(peer, opaque).await;
    }
    let shutdown = soon(ended).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn at_most_4096_are_taken() {
    let (peers, queue) = pipes(5000);
    drop(peers);
    let server = Server::new(service_fn(echo)).listen(Retry::new(Queue(queue))).spawn();
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 4096);
}

#[tokio::test(start_paused = true)]
async fn those_of_all_listeners_are_taken() {
    let queues = [2, 3, 4, 5].map(|count| Retry::new(Queue(pipes(count).1)));
    let [a, b, c, d] = queues;
    let server = Server::new(service_fn(echo)).listen((vec![a, b], c, d)).spawn();
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 14);
}

/// An error of one connection is not the end of the queue; an error of the system is.
#[tokio::test(start_paused = true)]
async fn errors_on_the_way() {
    let (_peers, mut queue) = pipes(3);
    queue.insert(1, Err(ErrorKind::ConnectionAborted.into()));
    queue.insert(3, Err(io::Error::other("no file descriptors")));
    let mut listener = Retry::new(Queue(queue));
    let taken = std::iter::from_fn(|| listener.accept_queued());
    assert_eq!(taken.count(), 2);
    assert!(listener.accept_queued().is_some(), "it is asked again");

    let lost = (0..100).map(|_| Err(ErrorKind::ConnectionReset.into()));
    let mut listener = Retry::new(Queue(lost.collect()));
    assert!(listener.accept_queued().is_none(), "it does not go on for ever");
}

/// A connection that waits for a permit gets it from one that has ended, though the server drains.
#[tokio::test]
async fn behind_the_connection_limit_they_take_their_turn() {
    let server = Server::new(service_fn(sleeper)).max_connections(1).bind("127.0.0.1:0").await;
    let server = server.expect("binds").spawn();
    let addr = server.local_addr().socket_addr().expect("an IP address");
    let mut first = Raw::connect(addr).await;
    first.call(&request(0, 1)).await;
    first.send(&request(1, 2)).await;
    // Answered after the request before it has begun.
    first.call(&request(0, 3)).await;
    let peers = [waiting(addr, 0, 4).await, waiting(addr, 0, 5).await, waiting(addr, 0, 6).await];
    let ended = tokio::spawn(server.shutdown());
    assert_eq!(first.receive().await.opaque(), 2);
    drop(first);
    for (opaque, peer) in (4..).zip(peers) {
        is_sent_away(peer, opaque).await;
    }
    TcpStream::connect(addr).await.expect_err("it does not listen any more");
    let shutdown = soon(ended).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (4, 0));
}

/// Connections that have no turn before the deadline are closed.
#[tokio::test]
async fn the_drain_deadline_counts_for_them() {
    let server = Server::new(service_fn(sleeper)).max_connections(1).drain_deadline(SECOND / 10);
    let server = server.bind("127.0.0.1:0").await.expect("binds").spawn();
    let addr = server.local_addr().socket_addr().expect("an IP address");
    let mut first = Raw::connect(addr).await;
    first.send(&request(600, 1)).await;
    first.call(&request(0, 2)).await;
    let mut second = waiting(addr, 0, 3).await;
    let shutdown = soon(server.shutdown()).await.expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (1, 1));
    assert!(soon(second.next_or_end()).await.is_none());
}

#[tokio::test]
async fn they_are_left_to_others_that_have_the_socket() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let addr = socket.local_addr().expect("bound");
    let twin = TcpAcceptor::from_std(socket.try_clone().expect("a twin")).expect("watched");
    let server = Server::new(service_fn(echo)).max_connections(1).listen(twin.leave_queue());
    let server = server.spawn();
    let mut first = Raw::connect(addr).await;
    first.call(&request(1, 1)).await;
    let peers = [waiting(addr, 1, 2).await, waiting(addr, 1, 3).await];
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 1);

    let next =
        Server::new(service_fn(echo)).listen(TcpAcceptor::from_std(socket).expect("watched"));
    let next = next.spawn();
    for (opaque, mut peer) in (2..).zip(peers) {
        let answer = soon(peer.next()).await.expect("served");
        assert_eq!((answer.opaque(), answer.response_code()), (opaque, ResponseCode::SUCCESS));
    }
    assert_eq!(soon(next.shutdown()).await.expect("no failure").accepted, 2);
}

/// The runtime has one thread here: a socket that blocks it would stop everything.
#[tokio::test]
async fn sockets_of_the_standard_library_do_not_block() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let twin = socket.try_clone().expect("a twin");
    assert!(!socket2::SockRef::from(&twin).nonblocking().expect("open"), "as it was made");
    let acceptor = TcpAcceptor::from_std(socket).expect("watched");
    assert!(socket2::SockRef::from(&twin).nonblocking().expect("open"));
    drop(acceptor);

    // tokio refuses a socket that blocks, but does not notice when it changes.
    let listener = TcpListener::from_std(twin.try_clone().expect("a twin")).expect("watched");
    twin.set_nonblocking(false).expect("open");
    let _listener = listener.into_listener();
    assert!(socket2::SockRef::from(&twin).nonblocking().expect("open"));
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_are_the_same() {
    use rocketmq_tower::server::listener::{SocketAcceptor, UnixAcceptor};
    use rocketmq_tower_test_support::Folder;
    use std::os::unix::net::UnixListener;
    use tokio::net::UnixStream;

    let folder = Folder::new("rocketmq-tower-queued");
    let path = folder.file("socket");
    let socket = UnixListener::bind(&path).expect("binds");
    let twin = socket.try_clone().expect("a twin");
    let mut unix = UnixAcceptor::from_std(socket).expect("watched");
    assert!(socket2::SockRef::from(&twin).nonblocking().expect("open"));
    let connected = [0; 3].map(|_| UnixStream::connect(&path));
    for connected in connected {
        drop(connected.await.expect("connects"));
    }
    let (_, info) = unix.accept_queued().expect("accepts").expect("one waits");
    assert_eq!(
        (info.local_addr, info.peer_addr),
        (Addr::Unix(path.as_path().into()), Addr::Unnamed)
    );
    let mut either = SocketAcceptor::from(unix.leave_queue());
    assert!(either.accept_queued().expect("accepts").is_none(), "it is left");
    let twin = UnixAcceptor::from_std(twin).expect("watched");
    let server = Server::new(service_fn(echo)).listen(SocketAcceptor::from(twin)).spawn();
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 2);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_port_is_shared_if_all_agree() {
    use rocketmq_tower::server::TcpOptions;

    let mut shared = TcpOptions::default();
    assert!(!shared.reuse_port);
    let alone = TcpAcceptor::bind("127.0.0.1:0", &shared).await.expect("binds");
    let addr = alone.local_addr().socket_addr().expect("an IP address");
    shared.reuse_port = true;
    TcpAcceptor::bind(addr, &shared).await.expect_err("the other one does not share it");
    drop(alone);

    let first = TcpAcceptor::bind("127.0.0.1:0", &shared).await.expect("binds");
    let addr = first.local_addr().socket_addr().expect("an IP address");
    let second = TcpAcceptor::bind(addr, &shared).await.expect("binds");
    assert_eq!(first.local_addr(), second.local_addr());
    TcpAcceptor::bind(addr, &TcpOptions::default()).await.expect_err("it does not share it");
    // Once the first one has ended, the second one gets all connections.
    let first = Server::new(service_fn(echo)).listen(first).spawn();
    let second = Server::new(service_fn(echo)).listen(second).spawn();
    soon(first.shutdown()).await.expect("no failure");
    for opaque in 0..20 {
        assert_eq!(Raw::connect(addr).await.call(&request(1, opaque)).await.opaque(), opaque);
    }
    assert_eq!(soon(second.shutdown()).await.expect("no failure").accepted, 20);
}
