//! A RocketMQ name server and broker in one process, for RocketMQ's own clients.
//!
//! [`Broker::builder`] starts one inside of a program or a test: in memory, or on a folder in which
//! every acknowledged message survives the process. Several may run in one process. The command
//! `rocketmq-tower-broker` is the same broker as a program of its own.
//!
//! ```
//! use rocketmq_tower::message::SendHeader;
//! use rocketmq_tower::{BoxError, Client};
//! use rocketmq_tower_broker::Broker;
//! use std::time::Duration;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), BoxError> {
//! let broker = Broker::builder().topic("Orders", 4).start().await?;
//! println!("clients connect to the name server at {}", broker.name_server_addr());
//!
//! let send = SendHeader::new("producers", "Orders", 0).request().with_body("hello");
//! let response = Client::new().invoke(broker.broker_addr(), send, Duration::from_secs(3)).await?;
//! assert!(response.response_code().is_success());
//!
//! broker.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The library installs nothing for the whole process: no `tracing` subscriber, no metrics recorder,
//! no allocator.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `cli` | yes | the command, with its allocator and its log output; `metrics-exporter`, `console` |
//! | `metrics-exporter` | by `cli` | `BrokerBuilder::metrics`: metrics over HTTP, for Prometheus; `metrics` |
//! | `metrics` | by `metrics-exporter` | metrics, to the process's recorder of the `metrics` facade |
//! | `console` | by `cli` | `BrokerBuilder::console`: a console in the browser, over a JSON API |
//! | `testing` | no | `testing::TestBroker`: a broker for the tests of an application |
//!
//! A program that embeds the broker turns them off: `default-features = false`.

mod address;
mod answers;
mod attributes;
mod builder;
mod clients;
mod clock;
mod config;
mod connection_rooms;
#[cfg(feature = "console")]
mod console;
mod data_version;
mod delay;
mod disk_space;
mod error;
#[cfg(feature = "metrics-exporter")]
mod exporter;
mod filter;
mod flush;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod groups;
mod jobs;
mod log;
mod messages;
mod metrics;
mod name_server;
mod offsets;
mod open_files;
mod pop;
mod properties_text;
mod pull_query;

mod recall_handle;
mod refusal;
mod request_counter;
mod requests;
mod room;
mod running;
mod runtime_settings;
mod sharded;
mod sockets;
mod sql_scan;
mod stack;
mod start;
mod state;
mod statistics;
mod storage;
mod stored_properties;
mod supervisor;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;
mod topics;
mod transactions;

pub use builder::{Broker, BrokerBuilder};
pub use error::{ServeError, StartError};
pub use flush::Flush;
pub use running::RunningBroker;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../docs/guides/testing.md")]
struct TestingGuide;

#[cfg(all(doctest, feature = "metrics-exporter"))]
#[doc = include_str!("../../docs/guides/observing.md")]
struct ObservingGuide;
