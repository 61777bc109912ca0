//! Tower layers for RocketMQ remoting.
//!
//! | layer | level | what it does |
//! |---|---|---|
//! | [`connection_limit`] | connection | how many connections there may be, in all and per address |
//! | [`ip_filter`] | connection | who may connect, by address |
//! | [`first_byte_timeout`] | connection | ends connections whose peers say nothing at all |
//! | [`events`] | connection | tells a listener of connections that come, fail and go |
//! | [`idle_timeout`] | connection | ends connections on which nothing moves |
//! | [`recover`] | request | turns every error into the protocol's answer for it |
//! | [`catch_panic`] | request | turns panics into errors |
//! | [`rpc_hook`] | request | RocketMQ's RPC hooks |
//! | [`oneshot`] | request | takes readiness for one request at a time, for shared limits |
//! | [`spawn`] | request | runs requests as tasks, for heavy processors |
//! | [`work_queue`] | request | an executor for some processors: so many run, so many wait |
//! | [`peer_rate_limit`] | request | how many requests a peer may send in a second |
//! | [`body_limit`] | request | how long bodies may be, for each code |
//! | [`trace`] | both | a span for each connection and each request |
//! | [`code_distribution`] | request | the traffic log: counts requests and answers by code |
#![cfg_attr(
    feature = "proxy-protocol",
    doc = "| [`proxy_protocol`], a feature | connection | who the client behind a balancer is |"
)]
#![cfg_attr(
    not(feature = "proxy-protocol"),
    doc = "| `proxy_protocol`, a feature | connection | who the client behind a balancer is |"
)]
#![cfg_attr(
    feature = "tls",
    doc = "| [`tls`], a feature | connection | TLS, required or allowed |"
)]
#![cfg_attr(
    not(feature = "tls"),
    doc = "| `tls`, a feature | connection | TLS, required or allowed |"
)]
#![cfg_attr(feature = "acl", doc = "| [`acl`], a feature | request | signed requests |")]
#![cfg_attr(not(feature = "acl"), doc = "| `acl`, a feature | request | signed requests |")]
#![cfg_attr(
    feature = "metrics",
    doc = "| [`metrics`], a feature | both | latency, connections, bytes and so on, for any recorder |"
)]
#![cfg_attr(
    not(feature = "metrics"),
    doc = "| `metrics`, a feature | both | latency, connections, bytes and so on, for any recorder |"
)]
//!
//! Layers of the **connection level** wrap a `Service<Connection<Io>, Response = Disconnect>`,
//! whose future is a connection's whole life. Layers of the **request level** wrap a
//! `Service<RemotingCommand>`, whose future is one exchange. Layers of tower itself work at both.
//!
//! The order of the connection level, outermost first: connection_limit, what the user adds
//! (first_byte_timeout, proxy_protocol, ip_filter, tls, in this order), events, idle_timeout,
//! driver. Of the request level: recover, what the user adds, rpc_hook, processor.
//!
//! A layer that answers by itself after readiness was asked for, such as tower's `LoadShed`, needs
//! care when a limit inside of it is shared between connections: see [`oneshot`].

mod connection;
#[cfg(feature = "metrics")]
pub mod metrics;
mod request;
mod support;
#[cfg(feature = "tls")]
pub mod tls;
pub mod trace;

#[cfg(feature = "proxy-protocol")]
pub use connection::proxy_protocol;
pub use connection::{connection_limit, events, first_byte_timeout, idle_timeout, ip_filter};
#[cfg(feature = "acl")]
pub use request::acl;
pub use request::{
    body_limit, catch_panic, code_distribution, oneshot, peer_rate_limit, recover, rpc_hook, spawn,
    work_queue,
};
pub use support::network;

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsLayer;
#[cfg(feature = "acl")]
pub use acl::AclVerifyLayer;
pub use body_limit::BodyLimitLayer;
pub use catch_panic::CatchPanicLayer;
pub use code_distribution::CodeDistributionLayer;
pub use connection_limit::ConnectionLimitLayer;
pub use events::EventsLayer;
pub use first_byte_timeout::FirstByteTimeoutLayer;
pub use idle_timeout::IdleTimeoutLayer;
pub use ip_filter::IpFilterLayer;
pub use oneshot::OneshotLayer;
pub use peer_rate_limit::PeerRateLimitLayer;
#[cfg(feature = "proxy-protocol")]
pub use proxy_protocol::ProxyProtocolLayer;
pub use recover::RecoverLayer;
pub use rpc_hook::RpcHookLayer;
pub use spawn::SpawnLayer;
#[cfg(feature = "tls")]
pub use tls::TlsLayer;
pub use trace::TraceLayer;
pub use work_queue::WorkQueueLayer;
