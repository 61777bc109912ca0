//! Connections through `proxy_protocol`, and raw headers.

use super::connection_from;
use rocketmq_tower_core::{CloseReason, Connection, Disconnect};
use rocketmq_tower_layers::ProxyProtocolLayer;
use rocketmq_tower_layers::proxy_protocol::ProxyIo;
use rocketmq_tower_test_support::soon;
use tokio::io::DuplexStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tower::{Layer, Service, service_fn};

pub(crate) const BALANCER: &str = "10.0.0.1:4000";
pub(crate) const V1: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 5678 443\r\n";

/// A header of version 2; command and family are the bytes on the wire.
pub(crate) fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("short");
    let start = b"\r\n\r\n\0\r\nQUIT\n";
    [&start[..], &[command, family], &length.to_be_bytes(), body].concat()
}

/// A header from 192.0.2.7:5678 to 198.51.100.1:443.
pub(crate) fn v2_ipv4(tlvs: &[u8]) -> Vec<u8> {
    let addresses = [192, 0, 2, 7, 198, 51, 100, 1, 22, 46, 1, 187];
    v2(0x21, 0x11, &[&addresses[..], tlvs].concat())
}

pub(crate) fn trusting(layer: ProxyProtocolLayer) -> ProxyProtocolLayer {
    layer.trust(["10.0.0.0/8".parse().expect("a network")])
}

/// The connection that the inner service got.
pub(crate) type Passed = Connection<ProxyIo<DuplexStream>>;

pub(crate) struct Started {
    pub(crate) peer: DuplexStream,
    pub(crate) passed: UnboundedReceiver<Passed>,
    pub(crate) life: JoinHandle<Result<Disconnect, &'static str>>,
}

pub(crate) fn start_with(
    layer: &ProxyProtocolLayer,
    peer: DuplexStream,
    conn: Connection<DuplexStream>,
) -> Started {
    let (pass, passed) = unbounded_channel();
    let mut service = layer.layer(service_fn(move |conn: Passed| {
        _ = pass.send(conn);
        std::future::ready(Err("passed on"))
    }));
    Started { peer, passed, life: tokio::spawn(service.call(conn)) }
}

pub(crate) fn start(layer: &ProxyProtocolLayer, from: &str) -> Started {
    let (peer, conn) = connection_from(from);
    start_with(layer, peer, conn)
}

impl Started {
    pub(crate) async fn passed(&mut self) -> Passed {
        soon(self.passed.recv()).await.expect("passed on")
    }

    /// The reason why the connection was not passed on.
    pub(crate) async fn reason(self) -> CloseReason {
        soon(self.life).await.expect("no panic").expect("not passed on").reason
    }
}
