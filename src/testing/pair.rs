use super::{MemoryListener, memory};
use crate::client::Connector;
use crate::server::{HookedProcessor, RunningServer, Server, WatchedDriver, serve};
use crate::service::{ConnectionService, Processor};
use rocketmq_tower_core::Channel;
use tokio::io::DuplexStream;
use tower_layer::Layer;

/// A server that [`pair`] takes: a [`Server`], or any [`ConnectionService`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot serve connections in memory",
    label = "not a server",
    note = "a `Server` can, whose processor is `Clone`, and whose layers fit a `DuplexStream`",
    note = "a `ConnectionService<DuplexStream>` can"
)]
pub trait TestServer {
    /// Serves the connections of `listener` in a task.
    fn spawn(self, listener: MemoryListener) -> RunningServer;
}

impl<P, R, C> TestServer for Server<P, R, C>
where
    P: Processor + Clone,
    R: Layer<HookedProcessor<P>, Service: Processor>,
    C: Layer<WatchedDriver<P, R>, Service: ConnectionService<DuplexStream>>,
{
    fn spawn(self, listener: MemoryListener) -> RunningServer {
        self.listen(listener).spawn()
    }
}

impl<S: ConnectionService<DuplexStream>> TestServer for S {
    fn spawn(self, listener: MemoryListener) -> RunningServer {
        serve(listener, self).spawn()
    }
}

/// Runs a server in memory, and returns a client's connection to it. Must be called within a tokio
/// runtime.
///
/// The server accepts no other connection, and goes on until the handle is dropped or shuts it
/// down. The connection ends when the last clone of the channel is dropped. See the [module's
/// documentation](super) for an example.
pub fn pair<S: TestServer>(server: S) -> (Channel, RunningServer) {
    let (listener, transport) = memory();
    let ((io, info), accepted) = transport.open();
    // There is a place in the queue: nothing else has connected.
    _ = transport.queue.try_send(accepted);
    (Connector::new().run(io, info), server.spawn(listener))
}
