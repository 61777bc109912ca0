//! Spans and events whose level is known only at run time. `tracing` needs each level as a
//! constant. A disabled span or event costs one check of its callsite, and its fields are not
//! computed.

use super::TargetOf;
use rocketmq_tower_core::subject::Subject;
use rocketmq_tower_core::{Addr, ChannelInfo, RemotingCommand};
use tracing::field::{Empty, display};
use tracing::{Level, Span};

/// The target of all spans and events.
macro_rules! target {
    () => {
        "rocketmq_tower::trace"
    };
}
pub(super) use target;

/// Expands to `$do!(level)` with the level as a constant.
macro_rules! at_level {
    ($level:expr, $do:ident) => {
        match $level {
            tracing::Level::ERROR => $do!(tracing::Level::ERROR),
            tracing::Level::WARN => $do!(tracing::Level::WARN),
            tracing::Level::INFO => $do!(tracing::Level::INFO),
            tracing::Level::DEBUG => $do!(tracing::Level::DEBUG),
            tracing::Level::TRACE => $do!(tracing::Level::TRACE),
        }
    };
}
pub(super) use at_level;

/// Returns whether spans of this level are enabled.
pub(super) fn is_enabled(level: Level) -> bool {
    macro_rules! enabled {
        ($level:expr) => {
            tracing::span_enabled!(target: target!(), $level)
        };
    }
    at_level!(level, enabled)
}

/// Creates a request's span.
pub(super) fn request(
    level: Level,
    request: &RemotingCommand,
    target_of: Option<TargetOf>,
) -> Span {
    let peer = request.channel().map(|channel| channel.peer_addr());
    let kind = if peer.is_some() { "server" } else { "client" };
    let subject = Subject::of(request).ok();
    let topic = subject.as_ref().and_then(|subject| subject.topics().next());
    let target = target_of.and_then(|target_of| target_of(request));
    macro_rules! span {
        ($level:expr) => {
            tracing::span!(
                target: target!(),
                $level,
                "rocketmq.request",
                rpc.system = "rocketmq",
                rpc.method = %request.request_code(),
                otel.kind = kind,
                rocketmq.opaque = request.opaque(),
                rocketmq.oneway = request.is_oneway(),
                network.peer.address = peer.map(address),
                network.peer.port = peer.and_then(port),
                messaging.destination.name = topic,
                rocketmq.target = target,
                rocketmq.response_code = Empty,
                rocketmq.deferred = Empty,
                error = Empty,
            )
        };
    }
    at_level!(level, span)
}

/// Creates a connection's span.
pub(super) fn connection(level: Level, id: u64, info: &ChannelInfo) -> Span {
    let (peer, local) = (&info.peer_addr, &info.local_addr);
    macro_rules! span {
        ($level:expr) => {
            tracing::span!(
                target: target!(),
                $level,
                "rocketmq.connection",
                rocketmq.connection.id = id,
                network.peer.address = address(peer),
                network.peer.port = port(peer),
                network.local.address = address(local),
                network.local.port = port(local),
                rocketmq.close_reason = Empty,
            )
        };
    }
    at_level!(level, span)
}

/// Formats the address without the port, which has a field of its own.
fn address(addr: &Addr) -> tracing::field::DisplayValue<String> {
    display(addr.ip().map_or_else(|| addr.to_string(), |ip| ip.to_string()))
}

fn port(addr: &Addr) -> Option<u16> {
    addr.socket_addr().map(|addr| addr.port())
}
