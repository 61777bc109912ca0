//! Tells a listener of connections that come, fail and go.
//!
//! # What
//!
//! For every connection, [`Events`] reports
//!
//! 1. [`Event::Connected`], before anything is read from it,
//! 2. [`Event::Idle`] or [`Event::Exception`], if that is how it ends,
//! 3. [`Event::Disconnected`], when the connection is gone,
//!
//! each at most once and in this order, also when the connection's task panics or is aborted.
//! `Disconnected` tells that the transport is gone: requests of the connection may still run.
//!
//! Events are received by an [`EventListener`], a [closure](EventsLayer::from_fn) or as a
//! [stream](EventsLayer::stream). Besides, anybody may subscribe to the [addresses of disconnected
//! peers](EventsLayer::disconnected).
//!
//! # Why
//!
//! Brokers keep tables of clients by connection. A table that misses one `Disconnected` keeps a
//! ghost for ever. So **no event is ever dropped**: the queue is bounded (1024 events by default),
//! and a connection waits for room, holding whatever permit of a connection limit it has, so that a
//! listener that is too slow holds back new connections. (Connections that are aborted cannot wait;
//! they may exceed the bound by one or two events each.)
//!
//! A listener is called in a task of its own, which belongs to the tokio runtime of the first
//! connection: when that runtime ends, the listener is dropped, and connections of other runtimes
//! go on without reporting. Give each runtime a layer of its own, or take a
//! [stream](EventsLayer::stream), which belongs to none. Before a runtime ends,
//! [`flush`](EventsLayer::flush) waits until the listener has got what was sent.
//!
//! # How it differs from Java
//!
//! Frames that cannot be decoded are reported as `Exception` too; Java reports only that the
//! connection closed. Java drops events when 10,000 are queued.
//!
//! # When not
//!
//! To log connections, a subscriber of `tracing` is enough: the server logs them. To act on
//! requests, see [`rpc_hook`](crate::rpc_hook).
//!
//! # Where
//!
//! At the connection level, inside of what may turn a connection away or give it another address
//! (limits, PROXY protocol, TLS), outside of [`idle_timeout`](crate::idle_timeout).
//!
//! ```
//! use rocketmq_tower::layers::EventsLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let events = EventsLayer::from_fn(|event| {
//!         println!("{} {}", event.name(), event.channel().peer_addr());
//!     });
//!     let server = Server::new(router).events(events).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod dispatcher;
mod event;
mod future;
mod layer;
mod listener;
mod queue;
mod service;
mod stream;

pub use event::Event;
pub use future::ResponseFuture;
pub use layer::EventsLayer;
pub use listener::EventListener;
pub use service::Events;
pub use stream::EventStream;
