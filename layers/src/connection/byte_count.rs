//! Counts the bytes of each connection, and of all together.
//!
//! # What
//!
//! The layer counts the bytes that are read from and written to a connection, in a [`ByteCount`].
//! Each connection has one of its own, an extension of its channel; a second one,
//! [`ByteCountLayer::total`], counts the connections of this layer and its clones together. Both are
//! handles to counters that can be read at any time, also after the connection has ended. The
//! counters never go back, and wrap around after 2^64 bytes.
//!
//! # Why
//!
//! To bill or to limit traffic by peer, and to find the connection that fills the network.
//!
//! # When not
//!
//! For a metrics system: the `metrics` layer counts bytes too, and batches its updates.
//!
//! # Where
//!
//! Outside of `tls` it counts encrypted bytes, as on the network; inside, the frames. Layers inside
//! and the processor see the connection's count in the extensions of the channel:
//!
//! ```
//! use rocketmq_tower::layers::ByteCountLayer;
//! use rocketmq_tower::layers::byte_count::ByteCount;
//! use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, service_fn};
//!
//! async fn usage(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
//!     let count = request.channel().and_then(|channel| channel.extensions().get::<ByteCount>());
//!     let read = count.map_or(0, ByteCount::bytes_read).to_string();
//!     Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_ext_field("read", &read))
//! }
//!
//! async fn serve() -> Result<(), BoxError> {
//!     let layer = ByteCountLayer::new();
//!     let total = layer.total();
//!     let server = Server::new(service_fn(usage)).connection_layer(layer);
//!     server.bind("0.0.0.0:10911").await?.serve_until(tokio::signal::ctrl_c()).await?;
//!     println!("{} bytes read, {} written", total.bytes_read(), total.bytes_written());
//!     Ok(())
//! }
//! ```
//!
//! # A byte counter of your own
//!
//! [`ObservedIo`] is a byte stream that reports to an [`Observer`]; a `ByteCount` is one. With
//! [`from_fn`](mod@crate::from_fn), a layer that logs the bytes of each connection has six lines; see
//! its examples.
//!
//! # Cost
//!
//! Two atomic additions per read and per write; per connection, one allocation for its count and one
//! for the extensions if it has none yet.

use crate::support::inner::inner_service;
pub use crate::support::observed::{ObservedIo, Observer};
use rocketmq_tower_core::{Connection, Disconnect};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// A number of bytes read and written. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct ByteCount {
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    read: AtomicU64,
    written: AtomicU64,
}

impl ByteCount {
    /// Returns how many bytes have been read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.counters.read.load(Ordering::Relaxed)
    }

    /// Returns how many bytes have been written. Some of them may be in a buffer still.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.counters.written.load(Ordering::Relaxed)
    }
}

impl Observer for ByteCount {
    fn read(&mut self, bytes: usize) {
        self.counters.read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn wrote(&mut self, bytes: usize) {
        self.counters.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// Adds to the counts of a connection and of all connections.
#[derive(Debug)]
pub struct Counting {
    connection: ByteCount,
    total: ByteCount,
}

impl Observer for Counting {
    fn read(&mut self, bytes: usize) {
        self.connection.read(bytes);
        self.total.read(bytes);
    }

    fn wrote(&mut self, bytes: usize) {
        self.connection.wrote(bytes);
        self.total.wrote(bytes);
    }
}

/// Byte stream of a connection whose bytes are counted. `get_ref`, `get_mut` and `into_inner` give
/// access to the inner byte stream.
pub type CountedIo<Io> = ObservedIo<Io, Counting>;

/// Counts the bytes of connections. See the [module's documentation](self).
#[derive(Clone, Debug, Default)]
pub struct ByteCountLayer {
    total: ByteCount,
}

impl ByteCountLayer {
    /// Creates the layer, whose total is zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the count of all connections together.
    #[must_use]
    pub fn total(&self) -> ByteCount {
        self.total.clone()
    }
}

impl<S> Layer<S> for ByteCountLayer {
    type Service = BytesCounted<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BytesCounted { inner, total: self.total() }
    }
}

/// Counts the bytes of connections. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct BytesCounted<S> {
    inner: S,
    total: ByteCount,
}

impl<S> BytesCounted<S> {
    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for BytesCounted<S>
where
    S: Service<Connection<CountedIo<Io>>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut connection: Connection<Io>) -> Self::Future {
        let counting = Counting { connection: ByteCount::default(), total: self.total.clone() };
        connection.info_mut().extensions.insert(counting.connection.clone());
        self.inner.call(connection.map_io(|io| ObservedIo::new(io, counting)))
    }
}
