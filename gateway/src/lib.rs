//! One door to RocketMQ clusters: a gateway for clients and tools, made of [tower](https://docs.rs/tower) layers.
//!
//! Clients know one reachable address. The gateway answers them as a name server, with its own address in place of the brokers', and has a
//! port for each broker, whose connections it forwards. Java's clients, mqadmin, the dashboard and the exporter work through it unmodified,
//! with Apache's servers or others behind it. It keeps no state: run as many as you like.
//!
//! ```no_run
//! use rocketmq_tower_gateway::{Gateway, Upstream};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let gateway = Gateway::builder()
//!     .bind([0, 0, 0, 0].into())
//!     .advertise("mq.example.com")
//!     .broker_ports(20000..=20999)
//!     .upstream(Upstream::new(["10.0.0.1:9876", "10.0.0.2:9876"]).listen("0.0.0.0:9876"))
//!     .start()
//!     .await?;
//! println!("{:?}", gateway.brokers());
//! tokio::signal::ctrl_c().await?;
//! gateway.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # The stack
//!
//! ```text
//! connection level, outermost first        request level, outermost first
//!   connection_limit                         recover   errors become answers
//!   your layers: TLS, networks, ..           your layers: policies
//!   PairLayer   opens and ends the           Forward   rewrites addresses, forwards
//!     connection to the broker
//!   events, idle_timeout, driver
//! ```
//!
//! [`GatewayBuilder::layer`] adds a layer around [`Forward`]: one that limits, authorizes or records, such as those of
//! [`rocketmq_tower::layers`], or [`from_fn`](mod@rocketmq_tower::layers::from_fn). [`GatewayBuilder::connection_layer`] adds one around
//! each connection of a client.
//!
//! # What passes
//!
//! Everything: each connection of a client has a connection to the broker of its own, and requests, answers and the requests of brokers to
//! clients pass in both directions, also with codes that nobody here knows. Changed are addresses only: those of brokers in routes, in the
//! ids of messages, and in the messages themselves. Registrations of brokers are refused.
//!
//! # Bounds
//!
//! Connections and bytes are bounded, see [`GatewayBuilder`]. A broker that does not answer is answered for within
//! [`call_timeout`](GatewayBuilder::call_timeout); one that cannot be reached, with `SERVICE_NOT_AVAILABLE` within
//! [`connect_timeout`](GatewayBuilder::connect_timeout). When no name server answers, clients get the routes that were last known, of at most
//! 16 MiB.

mod brokers;
mod builder;
mod doors;
mod error;
mod files;
mod forward;
mod link;
mod name_server;
mod rewrite;
mod running;
mod start;
mod statistics;
mod status;
mod target;
mod upstream;

pub use builder::{Gateway, GatewayBuilder};
pub use error::StartError;
pub use forward::{Forward, ForwardFuture};
pub use link::{Pair, PairLayer};
pub use running::RunningGateway;
pub use status::{BrokerPort, ClientConnection, PortConnections, Status, UpstreamState};
pub use target::Target;
pub use upstream::Upstream;

/// Compiles the code blocks of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guides/gateway.md")]
struct Guide;
