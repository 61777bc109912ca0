//! Passes any first bytes of a connection through the PROXY protocol layer.

use crate::Input;
use crate::layers::{Outcome, Reader, run};
use rocketmq_tower_core::CloseReason;
use rocketmq_tower_layers::ProxyProtocolLayer;
use rocketmq_tower_layers::proxy_protocol::ProxyIo;
use tower_layer::Layer;

/// The input is one byte for the layer's settings, six for how the bytes arrive, then the bytes.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let settings = input.byte();
    let required = settings & 1 != 0;
    let silent = settings & 2 != 0;
    let trusted = settings & 4 == 0;
    let pace = input.take(6);
    let bytes = input.rest();
    let layer =
        if required { ProxyProtocolLayer::required() } else { ProxyProtocolLayer::optional() };
    let max = if settings & 8 == 0 { 4096 } else { 300 };
    let layer = if trusted { layer.trust_anyone() } else { layer }.max_length(max);
    let outcome = crate::runtime::run(async {
        let layered = |reader: Reader<ProxyIo<_>>| layer.layer(reader);
        run(&mut Input::new(pace), bytes, silent, layered).await
    });
    judge(outcome, bytes, required, trusted, max);
}

fn judge(outcome: Outcome, bytes: &[u8], required: bool, trusted: bool, max: usize) {
    let Some(inside) = outcome.inside else {
        match outcome.reason {
            CloseReason::Refused(_) => assert!(trusted || required),
            CloseReason::PeerClosed => assert!(bytes.is_empty()),
            reason => panic!("{reason:?}"),
        }
        return;
    };
    assert!(trusted || !required);
    assert!(inside.whole);
    assert!(bytes.ends_with(&inside.bytes), "what follows is whole and unchanged");
    let header = &bytes[..bytes.len() - inside.bytes.len()];
    assert!(header.len() <= max.max(107));
    assert_eq!(header.is_empty(), !trusted || !is_header(bytes), "a header is taken, no other");
    if header.is_empty() {
        assert!(!required);
        assert_eq!(inside.peer.to_string(), "10.0.0.1:4000");
    } else if header.starts_with(b"PROXY") {
        assert!(header.ends_with(b"\r\n"));
    } else {
        assert_eq!(header.len(), 16 + usize::from(header[14]) * 256 + usize::from(header[15]));
    }
}

fn is_header(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PROXY ") || bytes.starts_with(b"\r\n\r\n\0\r\nQUIT\n")
}
