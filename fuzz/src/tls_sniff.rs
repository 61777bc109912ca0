//! Passes any first bytes of a connection through the TLS layer.

use crate::Input;
use crate::layers::{Outcome, Reader, run};
use rocketmq_tower_core::CloseReason;
use rocketmq_tower_layers::TlsLayer;
use rocketmq_tower_layers::tls::{MaybeTls, SelfSigned, ServerTls, TlsMode};
use std::sync::OnceLock;
use tower_layer::Layer;

/// The input is one byte for the layer's settings, six for how the bytes arrive, then the bytes.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let settings = input.byte();
    let mode = [TlsMode::Permissive, TlsMode::Permissive, TlsMode::Enforcing, TlsMode::Disabled]
        [usize::from(settings & 3)];
    let silent = settings & 4 != 0;
    let pace = input.take(6);
    let bytes = input.rest();
    let layer = TlsLayer::new(server()).mode(mode);
    let outcome = crate::runtime::run(async {
        let layered = |reader: Reader<MaybeTls<_>>| layer.layer(reader);
        run(&mut Input::new(pace), bytes, silent, layered).await
    });
    judge(outcome, bytes, mode, silent);
}

fn judge(outcome: Outcome, bytes: &[u8], mode: TlsMode, silent: bool) {
    let handshake = bytes.first() == Some(&0x16);
    if let Some(inside) = outcome.inside {
        assert!(mode == TlsMode::Disabled || (mode == TlsMode::Permissive && !handshake));
        assert!(inside.whole);
        assert_eq!(inside.bytes, bytes, "plain bytes are whole and unchanged");
        return;
    }
    match outcome.reason {
        CloseReason::PeerClosed => assert!(bytes.is_empty() && !silent),
        CloseReason::Refused(_) if bytes.is_empty() => assert!(silent),
        CloseReason::Refused(_) => assert!(mode == TlsMode::Enforcing && !handshake),
        CloseReason::Io(_) => assert!(mode != TlsMode::Disabled && handshake),
        reason => panic!("{reason:?}"),
    }
}

/// Created once, since generating a key is slow.
fn server() -> ServerTls {
    static SERVER: OnceLock<ServerTls> = OnceLock::new();
    let make = || SelfSigned::new()?.issue(["localhost"])?.server();
    SERVER.get_or_init(|| make().expect("a certificate")).clone()
}
