//! Consumption over raw sockets: each queue of a topic has a connection, which makes one pull at a
//! time.

use super::check;
use super::figures::{Figures, Watch};
use super::messages::{self, QUEUES};
use super::puller::{Counters, Puller};
use super::sends::lanes;
use crate::load::Loops;
use crate::outcome::histogram;
use rocketmq_tower::{BoxError, connect};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Address of the broker.
    pub(crate) address: SocketAddr,
    /// Process id of the broker.
    pub(crate) pid: u32,
    /// The number of messages.
    #[arg(long, default_value_t = 200_000)]
    pub(crate) messages: u64,
    /// Length of bodies, in bytes.
    #[arg(long, default_value_t = 1024)]
    pub(crate) body: usize,
}

/// Messages in a new topic.
#[derive(Debug)]
pub(crate) struct Filled {
    topic: String,
    per_queue: u64,
    body: usize,
}

/// Sends in flight on each connection that fills a topic.
const DEPTH: u32 = 32;

/// How often the broker's memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Maximum time of filling and of pulling.
const LIMIT: Duration = Duration::from_secs(120);

/// Sends messages, and pulls them.
pub(crate) fn run(options: &Options) -> Result<Figures, BoxError> {
    let filled = fill(options)?;
    pull(options.address, options.pid, &filled)
}

/// Sends messages to a new topic.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn fill(options: &Options) -> Result<Filled, BoxError> {
    let local = LocalSet::new();
    let filled = timeout(LIMIT, local.run_until(fill_new(options))).await;
    filled.unwrap_or_else(|_| Err("sending takes too long".into()))
}

async fn fill_new(options: &Options) -> Result<Filled, BoxError> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let topic = format!("pulls-{}", now.as_micros());
    check::create(options.address, &topic).await?;
    let body = messages::body(options.body);
    let per_queue = options.messages.div_ceil(QUEUES as u64);
    let lanes = lanes(&topic, &body, QUEUES, DEPTH, per_queue)?;
    Loops::open(options.address, lanes).await?.finish().await?;
    Ok(Filled { topic, per_queue, body: options.body })
}

/// Pulls all messages, and checks them.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn pull(
    address: SocketAddr,
    pid: u32,
    filled: &Filled,
) -> Result<Figures, BoxError> {
    let local = LocalSet::new();
    let figures = timeout(LIMIT, local.run_until(pull_all(address, pid, filled))).await;
    figures.unwrap_or_else(|_| Err("pulling takes too long".into()))
}

async fn pull_all(address: SocketAddr, pid: u32, filled: &Filled) -> Result<Figures, BoxError> {
    let Filled { topic, per_queue, body } = filled;
    let channel = connect(address).await?;
    for queue in 0..QUEUES {
        check::visible(&channel, topic, queue, per_queue - 1).await?;
    }
    let counters = Counters { messages: 0, bytes: 0, times: histogram(3)? };
    let counters = Rc::new(RefCell::new(counters));
    let body = messages::body(*body);
    let mut pullers = Vec::new();
    for queue in 0..QUEUES {
        let counters = Rc::clone(&counters);
        pullers.push(Puller::new(address, topic, queue, body.clone(), counters).await?);
    }

    let mut watch = Watch::start(pid)?;
    let mut running = JoinSet::new();
    pullers.into_iter().for_each(|puller| drop(running.spawn_local(puller.run(*per_queue))));
    while !running.is_empty() {
        tokio::select! {
            Some(ended) = running.join_next() => ended??,
            () = sleep(LOOK) => watch.look()?,
        }
    }
    let (messages, bytes) = (counters.borrow().messages, counters.borrow().bytes);
    let stopped = watch.stop(messages, &counters.borrow().times)?;
    stopped.end(messages, bytes as f64).await
}
