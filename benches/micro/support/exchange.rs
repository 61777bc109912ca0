//! A connection whose peer asks from memory.

use super::processor::connection;
use super::scripted::{Script, Scripted};
use rocketmq_tower::{BoxError, Connection, RemotingCommand, Service, ServiceExt};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use tokio::runtime::{Builder, Runtime};

/// A whole connection level around a [`Scripted`] peer. It is polled by hand: what is measured is
/// the connection's future alone, and neither a scheduler nor the system.
pub(crate) struct Exchange {
    connection: Pin<Box<dyn Future<Output = ()>>>,
    script: Script,
    /// The bytes of the answers to one turn.
    answers: usize,
    /// For timers, whose clock nobody turns.
    runtime: Runtime,
}

impl Exchange {
    /// A connection that `service` serves; each turn of its peer is one read of this many requests.
    /// The first is over.
    pub(crate) fn new<S>(mut service: S, request: &RemotingCommand, requests: usize) -> Self
    where
        S: Service<Connection<Scripted>, Error: Into<BoxError>> + 'static,
    {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let (io, script) = Scripted::new(request, requests);
        let connection = async move {
            let ready = service.ready().await.map_err(Into::into).expect("takes connections");
            ready.call(connection(io)).await.map_err(Into::into).expect("a connection");
        };
        let mut this = Self { connection: Box::pin(connection), script, answers: 0, runtime };
        this.script.allow(1);
        this.poll();
        this.poll();
        this.answers = this.script.written();
        assert!(this.answers > 0, "the first turn is answered");
        this
    }

    fn poll(&mut self) {
        let _entered = self.runtime.enter();
        let pending = self.connection.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(pending.is_pending(), "the connection goes on");
    }

    /// So many more turns, until all is answered.
    pub(crate) fn turns(&mut self, turns: usize) {
        let all = self.script.written() + turns * self.answers;
        self.script.allow(turns);
        let mut polls = 0;
        while self.script.written() < all {
            self.poll();
            polls += 1;
            assert!(polls <= 2 * turns, "every poll gets on");
        }
        assert_eq!(self.script.written(), all, "the answers to all requests, and nothing else");
    }
}
