//! A number of connections, whose responses are counted together.

use super::connection::Connection;
use crate::outcome::histogram;
use crate::requests::{Answers, Template};
use hdrhistogram::Histogram;
use rocketmq_tower::BoxError;
use std::cell::{Ref, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The requests of one connection.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) template: Template,
    pub(crate) answers: Answers,
    /// Requests in flight.
    pub(crate) depth: u32,
    /// The connection ends after this number of requests.
    pub(crate) requests: u64,
}

/// The counts of all connections.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) answers: u64,
    /// In nanoseconds.
    pub(super) times: Histogram<u64>,
    /// Whether no further requests are sent.
    pub(super) stopping: bool,
}

/// Connections that send requests whenever this is awaited.
#[derive(Debug)]
pub(crate) struct Loops {
    connections: JoinSet<Result<(), BoxError>>,
    counters: Rc<RefCell<Counters>>,
}

/// Timeout of connecting. A server that never responds is noticed only at the end of the
/// measurement.
const CONNECTING: Duration = Duration::from_secs(10);

/// Timeout of the last responses.
const ENDING: Duration = Duration::from_secs(60);

impl Loops {
    /// Opens one connection for each lane. Must be called in a `LocalSet`.
    pub(crate) async fn open(address: SocketAddr, lanes: Vec<Lane>) -> Result<Self, BoxError> {
        let counters = Counters { answers: 0, times: histogram(3)?, stopping: false };
        let counters = Rc::new(RefCell::new(counters));
        let mut connections = JoinSet::new();
        for lane in lanes {
            let connecting = Connection::new(address, lane, Rc::clone(&counters));
            let connected = timeout(CONNECTING, connecting).await;
            let connection = connected.map_err(|_| "connecting to the server timed out")??;
            connections.spawn_local(connection.run());
        }
        Ok(Self { connections, counters })
    }

    /// Counts from zero.
    pub(crate) fn reset(&self) {
        let counters = &mut *self.counters.borrow_mut();
        counters.answers = 0;
        counters.times.reset();
    }

    /// Runs for `time`. Fails if a connection ends before that.
    pub(crate) async fn run_for(&mut self, time: Duration) -> Result<(), BoxError> {
        tokio::select! {
            () = sleep(time) => Ok(()),
            ended = self.connections.join_next() => match ended {
                Some(ended) => ended?.and(Err("a connection ended".into())),
                None => Err("there is no connection".into()),
            },
        }
    }

    /// Sends no further requests, and waits for the responses to those in flight.
    pub(crate) async fn drain(&mut self) -> Result<(), BoxError> {
        self.counters.borrow_mut().stopping = true;
        timeout(ENDING, self.finish()).await.map_err(|_| "the last responses are missing")?
    }

    /// Runs until all connections have ended.
    pub(crate) async fn finish(&mut self) -> Result<(), BoxError> {
        while let Some(ended) = self.connections.join_next().await {
            ended??;
        }
        Ok(())
    }

    /// The number of responses.
    pub(crate) fn answers(&self) -> u64 {
        self.counters.borrow().answers
    }

    /// The time of each request until its response, in nanoseconds.
    pub(crate) fn times(&self) -> Ref<'_, Histogram<u64>> {
        Ref::map(self.counters.borrow(), |counters| &counters.times)
    }
}
