//! Injects faults, for people who test their clients.
//!
//! # What
//!
//! [`Faults`] is a handle to a set of rules. [`FaultLayer`] applies them. At the request level each
//! request is compared with the rules for requests, in order:
//!
//! | [`RequestFault`] | on a server | around a client's `Channel` |
//! |---|---|---|
//! | `Delay` | the request reaches the inner service later | the same |
//! | `Respond` | the inner service is not called, the response has this code and remark | the same |
//! | `LoseRequest` | the inner service is not called, there is no response | the call never ends by itself |
//! | `LoseResponse` | the inner service is called, its response is not sent | the call never ends by itself |
//! | `Disconnect` | the request's connection closes at once, the inner service is not called | the call fails with `ConnectionReset` |
//!
//! At the connection level each new connection is compared with the rules for connections:
//!
//! | [`ConnectionFault`] | the connection |
//! |---|---|
//! | `Delay` | is served later |
//! | `Disconnect` | closes at once |
//! | `Truncate` | closes when it would write more than this number of bytes, often in the middle of a frame |
//!
//! A [`Rule`] applies to all requests or to some request codes, with a probability, at most a number
//! of times. Delays of several rules add up; the first other fault ends the search. The draws come
//! from a generator with the seed of [`Faults::new`]: the same requests in the same order suffer the
//! same faults.
//!
//! The rules can be replaced while the server runs, and [`Faults::clear`] ends all faults. All clones
//! of the handle and of the layer share them.
//!
//! A lost response that the processor [defers](rocketmq_tower_core::RemotingCommand::defer) is sent
//! all the same. A lost request, and a lost response, count as a deferred request of the connection
//! for a moment; when the connection has its maximum of these, the request fails.
//!
//! # Why
//!
//! A client's timeouts, retries and reconnections are code that hardly ever runs. With this layer a
//! test makes them run, one at a time, or all at once for an hour.
//!
//! # When not
//!
//! In production, where nothing should be able to switch it on. For faults of the network itself,
//! such as lost packets, use a proxy like toxiproxy.
//!
//! # Where
//!
//! At the request level, outermost of your layers, so that every layer inside is as far from the
//! client as the processor; metrics outside of it see what the client sees. At the connection level
//! anywhere; outside of `tls`, `Truncate` counts encrypted bytes.
//!
//! ```
//! use rocketmq_tower::layers::FaultLayer;
//! use rocketmq_tower::layers::fault::{ConnectionFault, Faults, RequestFault, Rule};
//! use rocketmq_tower::{Abort, BoxError, RequestCode, ResponseCode, Router, Server};
//! use std::time::Duration;
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let faults = Faults::new(42);
//!     let busy = Abort::new(ResponseCode::SYSTEM_BUSY, "[TIMEOUT_CLEAN_QUEUE]broker busy");
//!     faults.requests([
//!         Rule::new(RequestFault::Delay(Duration::from_millis(200))).probability(0.1),
//!         Rule::new(RequestFault::Respond(busy)).code(RequestCode::SEND_MESSAGE_V2).times(2),
//!         Rule::new(RequestFault::LoseResponse).code(RequestCode::SEND_MESSAGE_V2).probability(0.01),
//!     ]);
//!     faults.connections([Rule::new(ConnectionFault::Truncate(1000)).probability(0.05)]);
//!     let server = Server::new(router)
//!         .connection_layer(FaultLayer::new(&faults))
//!         .layer(FaultLayer::new(&faults))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! # Cost
//!
//! Without rules: one relaxed load per request, and one comparison per write. With rules: a lock to
//! take the current rules. A request that a fault hits costs a clone of the inner service; a delay
//! allocates a timer.

mod connection;
mod dice;
mod faults;
mod io;
mod layer;
mod request;
mod rule;
mod service;

pub use connection::ConnectionFuture;
pub use faults::Faults;
pub use io::FaultIo;
pub use layer::FaultLayer;
pub use request::ResponseFuture;
pub use rule::{ConnectionFault, RequestFault, Rule};
pub use service::Fault;
