//! Tells a listener when connections open, fail and close.
//!
//! # What
//!
//! For each connection, [`Events`] reports
//!
//! 1. [`Event::Connected`], before anything is read,
//! 2. [`Event::Idle`] or [`Event::Exception`], if it was idle or failed,
//! 3. [`Event::Disconnected`], when it is closed,
//!
//! each at most once and in this order, even when the connection's task panics or is aborted.
//! `Disconnected` means that the transport is closed; requests of the connection may still run.
//!
//! Events go to an [`EventListener`], a [closure](EventsLayer::from_fn) or a
//! [stream](EventsLayer::stream). In addition, any code may subscribe to the [addresses of
//! disconnected peers](EventsLayer::disconnected).
//!
//! # Why
//!
//! Brokers keep tables of clients by connection. A table that misses one `Disconnected` keeps a
//! stale entry for ever. So **no event is ever dropped**: the queue is bounded (1024 events by
//! default), and a connection waits for room. While it waits it keeps its permit of the connection
//! limit, so a slow listener holds back new connections. (Aborted connections cannot wait; each may
//! exceed the bound by one or two events.)
//!
//! A listener is called in a task of its own, in the tokio runtime of the first connection. When
//! that runtime ends, the listener is dropped, and connections in other runtimes continue without
//! reporting. Give each runtime a layer of its own, or use a [stream](EventsLayer::stream), which
//! belongs to no runtime. Before a runtime ends, [`flush`](EventsLayer::flush) waits until the
//! listener has received the events sent so far.
//!
//! # How it differs from Java
//!
//! Frames that cannot be decoded are reported as `Exception` too; Java reports only that the
//! connection closed. Java drops events while 10,000 are queued.
//!
//! # When not
//!
//! To log connections, a `tracing` subscriber is enough: the server logs them. To act on requests,
//! see [`rpc_hook`](crate::rpc_hook).
//!
//! # Where
//!
//! At the connection level: inside layers that may refuse a connection or change its address
//! (limits, PROXY protocol, TLS), outside [`idle_timeout`](crate::idle_timeout).
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
