//! Options by which the system notices that a TCP peer has vanished, read back from real sockets.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::client::transport::TcpTransport;
use rocketmq_tower::server::listener::{Accept, IntoListener, TcpAcceptor, TcpKeepalive};
use rocketmq_tower::server::{Listener, TcpOptions};
use rocketmq_tower::{Addr, ServiceExt};
use rocketmq_tower_test_support::{SECOND, soon};
use socket2::{SockRef, TcpKeepalive as SystemKeepalive};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// The idle time, the interval and the number of probes, and the user timeout. `None` is off.
type Options = (Option<(Duration, Duration, u32)>, Option<Duration>);

const DEFAULTS: Options = (Some((Duration::from_secs(60), Duration::from_secs(10), 3)), USER);
const USER: Option<Duration> = Some(Duration::from_secs(90));

fn of(stream: &TcpStream) -> Options {
    let socket = SockRef::from(stream);
    let probes = socket.keepalive().expect("open").then(|| {
        let idle = socket.tcp_keepalive_time().expect("open");
        let interval = socket.tcp_keepalive_interval().expect("open");
        (idle, interval, socket.tcp_keepalive_retries().expect("open"))
    });
    (probes, socket.tcp_user_timeout().expect("open"))
}

fn keepalive(idle: Duration, interval: Duration, probes: u32) -> TcpKeepalive {
    let mut keepalive = TcpKeepalive::default();
    (keepalive.idle, keepalive.interval, keepalive.probes) = (idle, interval, probes);
    keepalive
}

/// Returns the options of a connection that `listener` accepts.
async fn accepted(mut listener: impl Listener<Io = TcpStream>) -> Options {
    let addr = listener.local_addr().socket_addr().expect("an IP address");
    let _client = TcpStream::connect(addr).await.expect("connects");
    let (stream, _) = soon(listener.accept()).await.expect("accepts");
    of(&stream)
}

async fn bound(options: &TcpOptions) -> Options {
    let acceptor = TcpAcceptor::bind("127.0.0.1:0", options).await.expect("binds");
    accepted(acceptor.into_listener()).await
}

#[tokio::test]
async fn a_server_probes_and_limits_what_is_unacknowledged() {
    let mut options = TcpOptions::default();
    assert_eq!(bound(&options).await, DEFAULTS);
    options.keepalive = Some(keepalive(20 * SECOND, 5 * SECOND, 4));
    options.user_timeout = Some(40 * SECOND);
    let own = (Some((20 * SECOND, 5 * SECOND, 4)), Some(40 * SECOND));
    assert_eq!(bound(&options).await, own);
    (options.keepalive, options.user_timeout) = (None, None);
    assert_eq!(bound(&options).await, (None, None));
}

/// Whole seconds from one to Linux's maximum; values beyond would be refused, and nothing set.
#[tokio::test]
async fn values_that_the_system_refuses_become_the_nearest_it_takes() {
    let mut options = TcpOptions::default();
    options.keepalive = Some(keepalive(Duration::ZERO, SECOND / 2, 0));
    assert_eq!(bound(&options).await.0, Some((SECOND, SECOND, 1)));
    options.keepalive = Some(keepalive(Duration::MAX, Duration::MAX, u32::MAX));
    let most = 32_767 * SECOND;
    assert_eq!(bound(&options).await.0, Some((most, most, 127)));
}

/// Options of a listener that the user has bound come first.
#[tokio::test]
async fn a_listener_of_the_users_own_keeps_its_options() {
    let listener = || TcpListener::bind("127.0.0.1:0");
    let plain = listener().await.expect("binds");
    assert_eq!(accepted(plain.into_listener()).await, DEFAULTS);

    let probing = listener().await.expect("binds");
    let own =
        SystemKeepalive::new().with_time(7 * SECOND).with_interval(2 * SECOND).with_retries(5);
    SockRef::from(&probing).set_tcp_keepalive(&own).expect("open");
    let expected = (Some((7 * SECOND, 2 * SECOND, 5)), None);
    assert_eq!(accepted(probing.into_listener()).await, expected);

    let limited = listener().await.expect("binds");
    SockRef::from(&limited).set_tcp_user_timeout(Some(9 * SECOND)).expect("open");
    assert_eq!(accepted(limited.into_listener()).await, (None, Some(9 * SECOND)));
}

#[tokio::test]
async fn a_client_probes_and_limits_what_is_unacknowledged() {
    let server = TcpAcceptor::bind("127.0.0.1:0", &TcpOptions::default()).await.expect("binds");
    let addr: SocketAddr = server.local_addr().socket_addr().expect("an IP address");
    let dial = async |transport: TcpTransport| {
        let (stream, _) = soon(transport.oneshot(Addr::Ip(addr))).await.expect("connects");
        of(&stream)
    };
    assert_eq!(dial(TcpTransport::new()).await, DEFAULTS);
    let own = TcpTransport::new()
        .keepalive(keepalive(20 * SECOND, 5 * SECOND, 4))
        .user_timeout(40 * SECOND);
    let expected = (Some((20 * SECOND, 5 * SECOND, 4)), Some(40 * SECOND));
    assert_eq!(dial(own).await, expected);
    let off = TcpTransport::new().keepalive(None).user_timeout(None);
    assert_eq!(dial(off).await, (None, None));
}
