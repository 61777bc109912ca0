//! Connections through a SOCKS5 proxy.
#![cfg(feature = "socks5")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::client::transport::{Socks5Error, Socks5Transport};
use rocketmq_tower::client::{Client, ConnectError, Connector, InvokeError};
use rocketmq_tower::{
    Addr, BoxError, Connection, Disconnect, RemotingCommand, Service, error, service_fn,
};
use rocketmq_tower_test_support::{SECOND, soon};
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy_bidirectional};
use tokio::time::Instant;
use tower::util::BoxService;

const PROXY: &str = "proxy:1080";

/// The behaviour of the proxy.
#[derive(Clone, Copy)]
enum Manner {
    /// Requires `user` and `password` if `asks` is true.
    Connects { asks: bool },
    /// Refuses every connection with this code.
    Refuses(u8),
    /// Reads the greeting and does not respond.
    Silent,
    /// Speaks another protocol.
    Babbles,
}

/// The requests that the proxy received: the kind of address, and the server.
type Wishes = Arc<Mutex<Vec<(u8, String)>>>;

/// Starts a proxy that reaches servers in the same network.
fn start_proxy(net: &Net, manner: Manner) -> Wishes {
    let wishes = Wishes::default();
    let (upstream, told) = (net.clone(), Arc::clone(&wishes));
    net.start_stack(PROXY, move || {
        let (net, wishes) = (upstream.clone(), Arc::clone(&told));
        BoxService::new(service_fn(move |connection| {
            serve(connection, net.clone(), manner, Arc::clone(&wishes))
        }))
    });
    wishes
}

async fn serve(
    mut connection: Connection<DuplexStream>,
    mut net: Net,
    manner: Manner,
    wishes: Wishes,
) -> Result<Disconnect, BoxError> {
    let io = connection.io_mut();
    let methods = read(io, 2).await?;
    assert_eq!(methods[0], 5);
    let methods = read(io, methods[1].into()).await?;
    match manner {
        Manner::Silent => pending().await,
        Manner::Babbles => io.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?,
        Manner::Connects { asks: true } if !methods.contains(&2) => io.write_all(&[5, 255]).await?,
        Manner::Connects { asks: true } => {
            io.write_all(&[5, 2]).await?;
            let user = read(io, 2).await?[1];
            let user = read(io, user.into()).await?;
            let password = read(io, 1).await?[0];
            let password = read(io, password.into()).await?;
            let is_known = user == b"user" && password == b"password";
            io.write_all(&[1, u8::from(!is_known)]).await?;
        }
        _ => io.write_all(&[5, 0]).await?,
    }
    let head = read(io, 4).await?;
    assert_eq!(head[..3], [5, 1, 0], "to connect");
    let host = match head[3] {
        1 => Ipv4Addr::from_bits(io.read_u32().await?).to_string(),
        4 => format!("[{}]", Ipv6Addr::from_bits(io.read_u128().await?)),
        _ => {
            let length = io.read_u8().await?;
            String::from_utf8(read(io, length.into()).await?)?
        }
    };
    let server = format!("{host}:{}", io.read_u16().await?);
    wishes.lock().expect("no panic").push((head[3], server.clone()));
    let code = if let Manner::Refuses(code) = manner { code } else { 0 };
    // The bound address is 0.0.0.0:0, which the client ignores.
    io.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    let (mut server, _) = net.call(server.as_str().into()).await?;
    copy_bidirectional(io, &mut server).await?;
    Err("done".into())
}

async fn read(io: &mut DuplexStream, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    io.read_exact(&mut bytes).await?;
    Ok(bytes)
}

fn proxy(net: &Net) -> Socks5Transport<Net> {
    Socks5Transport::new(PROXY).over(net.clone())
}

fn client(proxy: Socks5Transport<Net>) -> Client {
    Client::builder().connector(Connector::new().transport(proxy)).build()
}

async fn call(client: &Client, addr: &str) -> Result<String, InvokeError> {
    let answer = client.invoke(addr, RemotingCommand::request(1), 9 * SECOND).await?;
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

/// Makes a call that fails, and returns the error of the transport and its text.
async fn failure(proxy: Socks5Transport<Net>, addr: &str) -> (Socks5Error, String) {
    let error = call(&client(proxy), addr).await.expect_err("no connection");
    let text = error::chain_text(&error);
    let InvokeError::Connect { source, .. } = error else { panic!("{error:?}") };
    let source = Arc::into_inner(source).expect("nobody else waits for it");
    let ConnectError::Transport(source) = source else { panic!("{source:?}") };
    (*source.downcast().expect("the proxy's"), text)
}

/// Names are sent unresolved, since the proxy resolves them.
#[tokio::test(start_paused = true)]
async fn the_proxy_gets_the_address_as_it_is() {
    let net = Net::new();
    let servers = ["broker.internal:10911", "10.1.2.3:10911", "[2001:db8::1]:10911"];
    for server in servers {
        net.start(server, named(server));
    }
    let wishes = start_proxy(&net, Manner::Connects { asks: false });
    let client = client(proxy(&net));
    for server in servers {
        assert_eq!(call(&client, server).await.expect("answered"), server);
        let channel = client.connect(server, SECOND).await.expect("open");
        assert_eq!(*channel.peer_addr(), Addr::from(server), "the server, not the proxy");
    }
    let kinds = [3, 1, 4].into_iter().zip(servers.map(String::from));
    assert_eq!(*wishes.lock().expect("no panic"), Vec::from_iter(kinds));
    assert_eq!(net.connections(PROXY), 3);
}

#[tokio::test(start_paused = true)]
async fn the_proxy_may_ask_for_a_user() {
    let net = Net::new();
    net.start("a:1", named("a"));
    let wishes = start_proxy(&net, Manner::Connects { asks: true });
    let known = proxy(&net).credentials("user", "password");
    assert_eq!(call(&client(known.clone()), "a:1").await.expect("answered"), "a");
    for other in [
        proxy(&net),
        proxy(&net).credentials("user", "passwort"),
        proxy(&net).credentials("user", ""),
        proxy(&net).credentials("u".repeat(256), "password"),
    ] {
        let (error, _) = failure(other, "a:1").await;
        assert!(matches!(error, Socks5Error::Credentials { .. }), "{error:?}");
    }
    assert_eq!(wishes.lock().expect("no panic").len(), 1, "the others did not get that far");
    let text =
        format!("{known:?}", known = Socks5Transport::new(PROXY).credentials("user", "secret"));
    assert!(text.contains("user") && !text.contains("secret"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_proxy_may_refuse() {
    let net = Net::new();
    start_proxy(&net, Manner::Refuses(5));
    let (error, text) = failure(proxy(&net), "a:1").await;
    assert!(matches!(error, Socks5Error::Refused { .. }), "{error:?}");
    assert_eq!(
        text,
        "no connection to a:1: the transport failed: \
         the proxy proxy:1080 refused to connect to the server: Connection refused"
    );
    net.kill(PROXY).await;
    let (error, text) = failure(proxy(&net), "a:1").await;
    assert!(matches!(error, Socks5Error::Unreachable { .. }), "{error:?}");
    assert!(text.ends_with("can't be reached: the transport failed: connection refused"), "{text}");
    start_proxy(&net, Manner::Babbles);
    let (error, _) = failure(proxy(&net), "a:1").await;
    assert!(matches!(error, Socks5Error::Protocol { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_proxy_is_given_up() {
    let net = Net::new();
    start_proxy(&net, Manner::Silent);
    for (proxy, limit) in
        [(proxy(&net), 3 * SECOND), (proxy(&net).handshake_timeout(SECOND / 2), SECOND / 2)]
    {
        let start = Instant::now();
        let (error, _) = soon(failure(proxy, "a:1")).await;
        assert!(matches!(error, Socks5Error::Timeout { .. }), "{error:?}");
        assert!(start.elapsed() - limit < Duration::from_millis(5), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn some_servers_need_no_proxy() {
    let net = Net::new();
    net.start("10.0.0.1:1", named("far"));
    net.start("127.0.0.1:1", named("near"));
    net.start("near.internal:1", named("near as well"));
    let wishes = start_proxy(&net, Manner::Connects { asks: false });
    let is_far = |addr: &Addr| match addr.ip() {
        Some(ip) => !ip.is_loopback(),
        None => !addr.to_string().starts_with("near."),
    };
    let client = client(proxy(&net).only_for(is_far));
    assert_eq!(call(&client, "127.0.0.1:1").await.expect("answered"), "near");
    assert_eq!(call(&client, "near.internal:1").await.expect("answered"), "near as well");
    assert_eq!(net.connections(PROXY), 0);
    assert_eq!(call(&client, "10.0.0.1:1").await.expect("answered"), "far");
    assert_eq!(wishes.lock().expect("no panic").len(), 1);
    let error = call(&client, "no port").await.expect_err("no address");
    assert!(matches!(error, InvokeError::InvalidAddr { .. }), "{error:?}");
}
