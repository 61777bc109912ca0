//! A broker for the tests of an application.
//!
//! A [`TestBroker`] is a whole name server and broker, in memory and on free ports of 127.0.0.1, that is
//! ready in about a millisecond and ends when it is dropped. A test looks into it, moves its clock, and
//! makes it fail; the application under test talks to it as to any other broker.
//!
//! ```
//! use rocketmq_tower::message::Message;
//! use rocketmq_tower_broker::testing::TestBroker;
//! use std::time::Duration;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let broker = TestBroker::start().await?;
//! // The application connects to `broker.name_server_addr()`.
//!
//! let reminder = Message::new("Reminders", "pay!").property("TIMER_DELAY_SEC", "3600");
//! broker.send(reminder).await?;
//! assert!(broker.messages("Reminders").await?.is_empty());
//!
//! broker.advance(Duration::from_secs(3600)).await;
//! assert_eq!(broker.messages("Reminders").await?[0].body(), b"pay!");
//! # Ok(())
//! # }
//! ```
//!
//! Any number of them run in one process, so that each test has its own.

mod broker;
mod message;
mod wait;

pub use broker::TestBroker;
pub use message::{ReadError, TestMessage};
pub use rocketmq_tower::layers::fault::{ConnectionFault, Faults, RequestFault, Rule};
pub use wait::WaitError;
