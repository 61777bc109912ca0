//! A connection whose peer is simulated in memory.

use super::processor::connection;
use super::scripted::{Script, Scripted};
use rocketmq_tower::{BoxError, Connection, RemotingCommand, Service, ServiceExt};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};
use tokio::runtime::{Builder, Runtime};

/// A whole connection level around a [`Scripted`] peer. It is polled by hand, so that only the
/// connection's future is measured, without a scheduler or the system.
pub(crate) struct Exchange {
    connection: Pin<Box<dyn Future<Output = ()>>>,
    script: Script,
    /// The length in bytes of the responses to one turn.
    answers: usize,
    /// For creating timers. It does not run, so they never fire.
    runtime: Runtime,
}

impl Exchange {
    /// Creates a connection that `service` serves. Each turn of its peer is one read of `requests`
    /// requests. The first turn is already over.
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

    /// Runs `turns` more turns, until all their requests are answered.
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
