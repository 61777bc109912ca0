//! Tower layers for RocketMQ remoting.
//!
//! | layer | level | what it does |
//! |---|---|---|
//! | [`connection_limit`] | connection | bounds the number of connections, in all and for each address |
//! | [`ip_filter`] | connection | allows or denies peers by network |
//! | [`first_byte_timeout`] | connection | closes connections whose peers send nothing at all |
//! | [`events`] | connection | reports connections that begin, fail and end |
//! | [`idle_timeout`] | connection | ends connections on which no byte moves |
//! | [`max_age`] | connection | ends connections that have reached a maximum age |
//! | [`read_idle_timeout`] | connection | closes connections whose peers send nothing |
//! | [`byte_count`] | connection | counts bytes read and written, for each connection and in total |
//! | [`proxy_protocol`], a feature | connection | takes the client's address from a load balancer's PROXY header |
//! | [`tls`], a feature | connection | TLS, required or permitted |
//! | [`recover`] | request | turns every error into a response |
//! | [`catch_panic`] | request | turns panics into errors |
//! | [`rpc_hook`] | request | RocketMQ's RPC hooks |
//! | [`oneshot`] | request | reserves readiness for one request at a time, for shared limits |
//! | [`spawn`] | request | runs requests as tasks, for heavy processors |
//! | [`work_queue`] | request | runs at most N requests at a time and queues at most M |
//! | [`peer_rate_limit`] | request | limits the requests per second of each IP address |
//! | [`quota`] | request | limits the messages and bytes per second of topics, groups, users and addresses |
//! | [`body_limit`] | request | limits the body length, per request code |
//! | [`code_distribution`] | request | logs the number of requests and responses by code |
//! | [`acl`], a feature | request | verifies signed requests |
//! | [`authorize`] | request | decides who may do what with which topics and groups |
//! | [`namespace`] | request | shows each tenant its own topics and groups only |
//! | [`audit`] | request | reports each request: its sender, its subject and its result |
//! | [`trace`] | both | a span for each connection and each request |
//! | [`from_fn`](mod@from_fn) | both | makes a layer of an async function |
//! | [`fault`] | both | injects delays, errors, losses and disconnects, for tests of clients |
//! | [`metrics`], a feature | both | latency, connections and bytes, for any recorder |
//!
//! Layers of the **connection level** wrap a `Service<Connection<Io>, Response = Disconnect>`,
//! whose future is the lifetime of a connection. Layers of the **request level** wrap a
//! `Service<RemotingCommand>`, whose future ends with the response. Tower's own layers work at both
//! levels.
//!
//! Connection-level order, outermost first: connection_limit, your own layers (first_byte_timeout,
//! proxy_protocol, ip_filter, tls, in this order), events, idle_timeout, read_idle_timeout, driver.
//! Request-level order: recover, your own layers, rpc_hook, processor. `Server` in `rocketmq-tower`
//! builds this stack, and each layer's example shows where to add the layer.
//!
//! A layer that responds without calling the inner service after `poll_ready`, such as tower's
//! `LoadShed`, needs care when an inner limit is shared between connections: see [`oneshot`].
//!
//! # Features
//!
//! `acl`, `metrics`, `proxy-protocol` and `tls` add the layers of the same name. `tls-reload`
//! replaces certificates while a server runs, and `tls-self-signed` generates self-signed
//! certificates. All features are off by default.
//!
#![cfg_attr(not(feature = "acl"), doc = "[`acl`]: #features")]
#![cfg_attr(not(feature = "metrics"), doc = "[`metrics`]: #features")]
#![cfg_attr(not(feature = "proxy-protocol"), doc = "[`proxy_protocol`]: #features")]
#![cfg_attr(not(feature = "tls"), doc = "[`tls`]: #features")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection;
pub mod fault;
pub mod from_fn;
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub mod metrics;
mod request;
mod support;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls;
pub mod trace;

#[cfg(feature = "proxy-protocol")]
#[cfg_attr(docsrs, doc(cfg(feature = "proxy-protocol")))]
pub use connection::proxy_protocol;
pub use connection::{
    byte_count, connection_limit, events, first_byte_timeout, idle_timeout, ip_filter, max_age,
    read_idle_timeout,
};
#[cfg(feature = "acl")]
#[cfg_attr(docsrs, doc(cfg(feature = "acl")))]
pub use request::acl;
pub use request::{
    audit, authorize, body_limit, catch_panic, code_distribution, namespace, oneshot,
    peer_rate_limit, quota, recover, rpc_hook, spawn, work_queue,
};
/// For the crate `rocketmq-tower`.
#[doc(hidden)]
pub use support::task;
pub use support::{identity, network};

#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub use self::metrics::MetricsLayer;
#[cfg(feature = "acl")]
#[cfg_attr(docsrs, doc(cfg(feature = "acl")))]
pub use acl::AclVerifyLayer;
pub use audit::AuditLayer;
pub use authorize::AuthorizeLayer;
pub use body_limit::BodyLimitLayer;
pub use byte_count::ByteCountLayer;
pub use catch_panic::CatchPanicLayer;
pub use code_distribution::CodeDistributionLayer;
pub use connection_limit::ConnectionLimitLayer;
pub use events::EventsLayer;
pub use fault::FaultLayer;
pub use first_byte_timeout::FirstByteTimeoutLayer;
pub use from_fn::{FromFnLayer, Next, from_fn, from_fn_with_state};
pub use idle_timeout::IdleTimeoutLayer;
pub use ip_filter::IpFilterLayer;
pub use max_age::MaxAgeLayer;
pub use namespace::NamespaceLayer;
pub use oneshot::OneshotLayer;
pub use peer_rate_limit::PeerRateLimitLayer;
#[cfg(feature = "proxy-protocol")]
#[cfg_attr(docsrs, doc(cfg(feature = "proxy-protocol")))]
pub use proxy_protocol::ProxyProtocolLayer;
pub use quota::QuotaLayer;
pub use read_idle_timeout::ReadIdleTimeoutLayer;
pub use recover::RecoverLayer;
pub use rpc_hook::RpcHookLayer;
pub use spawn::SpawnLayer;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tls::TlsLayer;
pub use trace::TraceLayer;
pub use work_queue::WorkQueueLayer;
