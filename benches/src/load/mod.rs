//! Closed loops over raw sockets: each response is followed by a new request, and one write sends
//! the new requests for all responses of a read. The load shares the processors with the server, so
//! it does as little work as possible: it has one thread, and encodes its frames once.

mod connection;
mod inbox;
mod outbox;
mod window;

use crate::outcome::{Measuring, Outcome, histogram};
use crate::requests::Header;
use connection::Connection;
use hdrhistogram::Histogram;
use rocketmq_tower::BoxError;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Address of the server.
    pub(crate) address: SocketAddr,
    /// Process id of the server.
    pub(crate) pid: u32,
    #[arg(long, default_value_t = 8)]
    pub(crate) connections: usize,
    /// Requests in flight on each connection.
    #[arg(long, default_value_t = 32)]
    pub(crate) depth: u32,
    /// Length of bodies, in bytes.
    #[arg(long, default_value_t = 128)]
    pub(crate) body: usize,
    #[arg(long, value_enum, default_value_t = Header::Json)]
    pub(crate) header: Header,
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    #[arg(long, default_value_t = 1.0)]
    pub(crate) warm_up: f64,
}

/// The counts of all connections.
#[derive(Debug)]
struct Counters {
    answers: u64,
    /// In nanoseconds.
    times: Histogram<u64>,
}

/// Timeout of connecting. A server that never responds is noticed only at the end of the
/// measurement.
const CONNECTING: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> Result<Outcome, BoxError> {
    LocalSet::new().run_until(measure(options)).await
}

async fn measure(options: &Options) -> Result<Outcome, BoxError> {
    let counters = Rc::new(RefCell::new(Counters { answers: 0, times: histogram(3)? }));
    let mut connections = JoinSet::new();
    for _ in 0..options.connections {
        let connecting = Connection::new(options, Rc::clone(&counters));
        let connected = timeout(CONNECTING, connecting).await;
        let connection = connected.map_err(|_| "connecting to the server timed out")??;
        connections.spawn_local(connection.run());
    }
    unless_one_ends(&mut connections, sleep(Duration::from_secs_f64(options.warm_up))).await?;

    let measuring = Measuring::start(options.pid)?;
    *counters.borrow_mut() = Counters { answers: 0, times: histogram(3)? };
    unless_one_ends(&mut connections, sleep(Duration::from_secs_f64(options.seconds))).await?;
    let counters = counters.borrow();
    measuring.end(counters.answers, &counters.times)
}

/// Waits for `until`. Fails if a connection ends before that.
async fn unless_one_ends(
    connections: &mut JoinSet<Result<(), BoxError>>,
    until: impl Future<Output = ()>,
) -> Result<(), BoxError> {
    tokio::select! {
        () = until => Ok(()),
        ended = connections.join_next() => match ended {
            Some(ended) => ended?.and(Err("a connection ended".into())),
            None => Err("there is no connection".into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::bare;
    use std::{process, thread};
    use tokio::net::TcpListener;
    use tokio::runtime::Runtime;

    #[test]
    fn answers_of_all_kinds_are_counted() {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(bare::serve(listener));
        for (header, body, depth) in
            [(Header::Json, 0, 1), (Header::Binary, 128, 32), (Header::Json, 1_000_000, 3)]
        {
            let options = Options {
                address,
                pid: process::id(),
                connections: 2,
                depth,
                body,
                header,
                seconds: 0.2,
                warm_up: 0.0,
            };
            // `run` makes its own runtime, so it needs its own thread.
            let outcome = thread::spawn(move || run(&options).unwrap()).join().unwrap();
            assert!(outcome.per_second > 0.0 && outcome.p50 > 0.0, "{outcome}");
        }
    }
}
