//! Closed loops over raw sockets: each response is followed by a new request, and one write sends
//! the new requests for all responses of a read. The load shares the processors with the server, so
//! it does as little work as possible: it has one thread, and encodes its frames once.

mod connection;
mod inbox;
mod loops;
mod outbox;
mod window;

use crate::outcome::{Measuring, Outcome};
use crate::requests::{Answers, Header, Template};
pub(crate) use inbox::Inbox;
pub(crate) use loops::{Lane, Loops};
use rocketmq_tower::BoxError;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::LocalSet;

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

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> Result<Outcome, BoxError> {
    LocalSet::new().run_until(measure(options)).await
}

async fn measure(options: &Options) -> Result<Outcome, BoxError> {
    let Options { header, body, depth, .. } = *options;
    let lane = || -> Result<Lane, BoxError> {
        let (template, answers) = (Template::new(header, body)?, Answers::new(body));
        Ok(Lane { template, answers, depth, requests: u64::MAX })
    };
    let lanes = (0..options.connections).map(|_| lane()).collect::<Result<_, _>>()?;
    let mut loops = Loops::open(options.address, lanes).await?;
    loops.run_for(Duration::from_secs_f64(options.warm_up)).await?;
    let measuring = Measuring::start(options.pid)?;
    loops.reset();
    loops.run_for(Duration::from_secs_f64(options.seconds)).await?;
    measuring.end(loops.answers(), &loops.times())
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

    #[test]
    fn loops_end_after_their_requests_or_when_told() {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(bare::serve(listener));
        let lane = |depth, requests| {
            let template = Template::new(Header::Json, 128).unwrap();
            Lane { template, answers: Answers::new(128), depth, requests }
        };
        let ending = async {
            let lanes = vec![lane(32, 1000), lane(32, 7), lane(1, 1)];
            let mut loops = Loops::open(address, lanes).await.unwrap();
            loops.finish().await.unwrap();
            assert_eq!(loops.answers(), 1008);

            let mut loops = Loops::open(address, vec![lane(32, u64::MAX)]).await.unwrap();
            loops.run_for(Duration::from_millis(20)).await.unwrap();
            loops.drain().await.unwrap();
            assert_eq!(loops.answers(), loops.times().len());
        };
        runtime.block_on(LocalSet::new().run_until(ending));
    }
}
