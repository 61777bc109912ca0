//! Makes a layer of an async function, at either level.
//!
//! # What
//!
//! [`from_fn`] takes an async function with two parameters: the request and [`Next`], the rest of
//! the stack. The function runs once per call. It may change the request, pass it on with
//! [`Next::run`], and change the response; or respond without passing the request on.
//!
//! | level | parameters | returns |
//! |---|---|---|
//! | request | `RemotingCommand`, `Next<impl Processor>` | `Result<R, E>`, where `R` is a [`Reply`](rocketmq_tower_core::Reply) |
//! | connection | `Connection<Io>`, `Next<impl ConnectionService<Io>>` | `Result<Disconnect, E>` |
//! | around a [`Channel`](rocketmq_tower_core::Channel) | `RemotingCommand`, `Next<Channel>` | any `Result<R, E>` |
//! | around a `Client` | `(Addr, RemotingCommand)`, `Next<Client>` | any `Result<R, E>` |
//!
//! `E` is any error that converts into [`BoxError`](rocketmq_tower_core::BoxError), and the layer's
//! error is always `BoxError`.
//!
//! Two more constructors:
//!
//! * [`from_fn_with_state`] passes a clone of a value, such as an `Arc`, as the first parameter.
//! * [`from_fn_boxed`] is for closures, and for functions that should not be generic: their second
//!   parameter is a plain `Next`. It costs two allocations per request.
//!
//! # Examples
//!
//! Log each request and its response:
//!
//! ```
//! # use rocketmq_tower::layers::{Next, from_fn};
//! # use rocketmq_tower::{BoxError, Processor, RemotingCommand, Reply, Router, Server};
//! async fn audit(request: RemotingCommand, next: Next<impl Processor>) -> Result<impl Reply, BoxError> {
//!     let code = request.request_code();
//!     let mut reply = next.run(request).await?;
//!     println!("{code}: {:?}", reply.command_mut().map(|answer| answer.response_code()));
//!     Ok(reply)
//! }
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     Server::new(router).layer(from_fn(audit)).bind("0.0.0.0:10911").await?.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! Drain connections that are an hour old, so that their peers connect again, maybe to another
//! server. (The layer [`max_age`](crate::max_age) also spreads the ends, and bounds the drain.)
//!
//! ```
//! # use rocketmq_tower::layers::{Next, from_fn};
//! # use rocketmq_tower::{BoxError, Connection, ConnectionService, Disconnect, Router, Server};
//! # use std::{pin::pin, time::Duration};
//! # use tokio::time::timeout;
//! # const HOUR: Duration = Duration::from_secs(3600);
//! async fn max_age<Io>(connection: Connection<Io>, next: Next<impl ConnectionService<Io>>) -> Result<Disconnect, BoxError> {
//!     let channel = connection.channel();
//!     let mut life = pin!(next.run(connection));
//!     if let Ok(end) = timeout(HOUR, &mut life).await { return end }
//!     channel.drain();
//!     life.await
//! }
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router).connection_layer(from_fn(max_age));
//!     server.bind("0.0.0.0:10911").await?.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! Log the bytes of each connection. The function may change the type of the byte stream, to one
//! that the layers inside take too, such as [`ObservedIo`](crate::byte_count::ObservedIo):
//!
//! ```
//! # use rocketmq_tower::layers::byte_count::{ByteCount, ObservedIo};
//! # use rocketmq_tower::layers::{Next, from_fn};
//! # use rocketmq_tower::{BoxError, Connection, ConnectionService, Disconnect, Router, Server};
//! async fn bytes<Io>(connection: Connection<Io>, next: Next<impl ConnectionService<ObservedIo<Io, ByteCount>>>) -> Result<Disconnect, BoxError> {
//!     let count = ByteCount::default();
//!     let end = next.run(connection.map_io(|io| ObservedIo::new(io, count.clone()))).await;
//!     println!("{} bytes read, {} written", count.bytes_read(), count.bytes_written());
//!     end
//! }
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router).connection_layer(from_fn(bytes));
//!     server.bind("0.0.0.0:10911").await?.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! # Why
//!
//! A layer by hand is a layer, a service and a future, with a readiness to keep. The guide
//! `docs/guides/middleware.md` shows it. This layer leaves the function.
//!
//! # When not
//!
//! * For a crate that publishes layers. Users want to name the types of its services and futures.
//! * If a clone of the inner service is expensive, or it is not [`Clone`], such as tower's
//!   `RateLimit`. Put a `Buffer` around that.
//!
//! # Readiness
//!
//! The layer is ready when the inner service is. [`Next`] holds the service that was polled, and a
//! clone of it takes the next request. So a permit of a limit inside is used by
//! [`run`](Next::run), and released when the function drops `Next` without running it. No readiness
//! is left over for the next request: the rule of [`oneshot`](crate::oneshot) is kept.
//!
//! # Where
//!
//! Anywhere. The compiler infers the type of `impl Processor` where the stack is complete, for a
//! server at `bind`, `listen` or `into_service`. That must be in the same function as `from_fn`. To
//! return the layer from another function, make the type of the inner service a type parameter of
//! that function too, or use [`from_fn_boxed`].
//!
//! # Cost
//!
//! Per call, a clone of the inner service and, with state, a clone of the state. No allocation, no
//! lock, and no box.

mod boxed;
mod layer;
mod middleware;
mod next;
mod service;

pub use crate::support::fallible::ResponseFuture;
pub use boxed::{BoxProcessor, BoxProcessorLayer, from_fn_boxed};
pub use layer::{FromFnLayer, from_fn, from_fn_with_state};
pub use middleware::{Middleware, WithState};
pub use next::Next;
pub use service::FromFn;
