//! Sends over raw sockets, in closed loops.

use super::check;
use super::figures::{Figures, Watch};
use super::messages::{QUEUES, body, sends};
use crate::load::{Lane, Loops};
use crate::requests::Answers;
use bytes::Bytes;
use rocketmq_tower::BoxError;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::LocalSet;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Address of the broker.
    pub(crate) address: SocketAddr,
    /// Process id of the broker.
    pub(crate) pid: u32,
    /// Address of the broker, if the other one is that of something in front of it.
    #[arg(long)]
    pub(crate) broker: Option<SocketAddr>,
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    /// Sends in flight on each connection.
    #[arg(long, default_value_t = 1)]
    pub(crate) depth: u32,
    /// Length of bodies, in bytes.
    #[arg(long, default_value_t = 1024)]
    pub(crate) body: usize,
    #[arg(long, default_value_t = 3.0)]
    pub(crate) seconds: f64,
    #[arg(long, default_value_t = 0.5)]
    pub(crate) warm_up: f64,
    /// End earlier when the bodies have this length altogether, in MiB.
    #[arg(long, default_value_t = 128)]
    pub(crate) at_most: u64,
}

/// The topic of all sends.
const TOPIC: &str = "sends";

/// How often the time, the length of what was sent and the broker's memory are looked at.
const LOOK: Duration = Duration::from_millis(20);

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> Result<Figures, BoxError> {
    LocalSet::new().run_until(measure(options)).await
}

async fn measure(options: &Options) -> Result<Figures, BoxError> {
    let body = body(options.body);
    let broker = options.broker.unwrap_or(options.address);
    check::create(broker, TOPIC).await?;
    let record = check::record(broker, TOPIC, &body).await?;
    // The disk must not be busy with what was sent before.
    nix::unistd::sync();

    let lanes = lanes(TOPIC, &body, options.connections, options.depth, u64::MAX)?;
    let mut loops = Loops::open(options.address, lanes).await?;
    run_for(&mut loops, options, options.warm_up, || Ok(())).await?;
    loops.reset();
    let mut watch = Watch::start(options.pid)?;
    run_for(&mut loops, options, options.seconds, || watch.look()).await?;
    let stopped = watch.stop(loops.answers(), &loops.times())?;
    loops.drain().await?;
    let stored = loops.answers() as f64 * record as f64;
    stopped.end(loops.answers(), stored).await
}

/// Returns connections, of which each sends to one queue.
pub(super) fn lanes(
    topic: &str,
    body: &Bytes,
    connections: usize,
    depth: u32,
    requests: u64,
) -> Result<Vec<Lane>, BoxError> {
    let lane = |connection| -> Result<Lane, BoxError> {
        let template = sends(topic, connection % QUEUES, body.clone())?;
        Ok(Lane { template, answers: Answers::new(0), depth, requests })
    };
    (0..connections).map(lane).collect()
}

/// Runs for some time, or until enough was sent.
async fn run_for(
    loops: &mut Loops,
    options: &Options,
    seconds: f64,
    mut look: impl FnMut() -> Result<(), BoxError>,
) -> Result<(), BoxError> {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let enough = (options.at_most << 20).div_ceil(options.body.max(1) as u64);
    while Instant::now() < end && loops.answers() < enough {
        loops.run_for(LOOK.min(end - Instant::now())).await?;
        look()?;
    }
    Ok(())
}
