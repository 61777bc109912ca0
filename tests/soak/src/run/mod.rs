//! One soak run: load for a time, then the checks.

mod audit;
mod books;
mod callers;
mod probes;
mod processor;
mod report;
mod sabotage;
mod servers;
mod visitors;

pub(crate) use sabotage::Sabotage;

use audit::{Ends, Memory};
use books::Books;
use probes::Probes;
use rocketmq_tower::BoxError;
use servers::Servers;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

/// The state that all parts of a run share.
pub(crate) struct World {
    pub(crate) books: Books,
    pub(crate) servers: Servers,
    over: AtomicBool,
}

impl World {
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// The bound on the time that the leftovers take to end: the longest call, and the end of a
/// connection.
const LAST: Duration = Duration::from_secs(30);

/// Runs for this time, and returns the faults.
pub(crate) async fn run(
    length: Duration,
    sabotage: Option<Sabotage>,
) -> Result<Vec<String>, BoxError> {
    let before = Probes::take()?;
    let books = Books::default();
    let servers = Servers::start(&books, sabotage).await?;
    let world = Arc::new(World { books, servers, over: AtomicBool::new(false) });
    let mut load = JoinSet::new();
    let clients = callers::start(&world, &mut load);
    visitors::start(&world, &mut load);
    let restarts = tokio::spawn(servers::restart_in_turn(Arc::clone(&world), length));

    let samples = watch(&world, length).await?;
    world.over.store(true, Ordering::Relaxed);
    restarts.await??;
    let mut ends = Ends::default();
    let all = async {
        while let Some(ended) = load.join_next().await {
            ends.panics += usize::from(ended.is_err());
        }
    };
    ends.load_ended = timeout(LAST, all).await.is_ok();
    load.shutdown().await;
    for client in &clients {
        client.shutdown(LAST).await;
        ends.calls += client.calls();
        ends.client_connections += client.connection_count();
    }
    drop(clients);
    world.servers.stop().await?;
    ends.connections = world.servers.connections();
    ends.permits = world.servers.permits_taken();
    ends.bytes = world.servers.bytes_held();
    let after = settle(&before).await?;
    let memory = Memory::of(&samples);
    report::print(&world.books, &memory, &before, &after);
    let mut faults = world.books.audit();
    faults.extend(ends.audit());
    faults.extend(after.audit(&before));
    faults.extend(memory.audit());
    Ok(faults)
}

/// Measures every second, and prints the progress every half minute.
async fn watch(world: &World, length: Duration) -> Result<Vec<Probes>, BoxError> {
    let started = Instant::now();
    let mut ticks = interval(Duration::from_secs(1).min(length / 20));
    let mut told = started;
    let mut samples = Vec::new();
    while started.elapsed() < length {
        ticks.tick().await;
        let probes = Probes::take()?;
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            println!("{:4} s: {}, {probes}", started.elapsed().as_secs(), world.books.line());
        }
        samples.push(probes);
    }
    Ok(samples)
}

/// Waits until the process holds no more than before, or until the time is over.
async fn settle(before: &Probes) -> Result<Probes, BoxError> {
    let started = Instant::now();
    loop {
        let after = Probes::take()?;
        if after.audit(before).is_empty() || started.elapsed() > LAST / 3 {
            return Ok(after);
        }
        sleep(Duration::from_millis(50)).await;
    }
}
