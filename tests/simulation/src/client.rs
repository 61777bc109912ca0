//! A client's host.

use crate::caller::{self, Calls};
use crate::journal::End;
use crate::network::Transport;
use crate::processor::Processor;
use crate::stage::Stage;
use crate::world::{Reporter, World};
use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::service_fn;
use rocketmq_tower_test_support::Dice;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// The bound on the time until a call succeeds after the faults end.
pub(crate) const RECOVERY: Duration = Duration::from_secs(10);

/// Makes calls, with a new client after each one that was shut down.
pub(crate) async fn run(world: Arc<World>, number: usize) -> turmoil::Result {
    let mut dice = world.boot();
    while live(&world, number, &mut dice).await? {}
    world.is_done(Some(number));
    pending().await
}

fn build(world: &Arc<World>, number: usize) -> (Client, Weak<()>) {
    let (bounds, host) = (&world.plan.bounds, Some(number));
    let one = Arc::new(());
    let processors = Arc::downgrade(&one);
    let processor = Processor::new(world, host, one);
    let (journal, chunk) = (Arc::clone(&world.journal), world.plan.network.chunk);
    let reporter = Reporter { world: Arc::clone(world), host, told: 0 };
    let connector = Connector::new()
        .service(service_fn(move |request| processor.clone().process(request)))
        .transport(Transport { journal, client: number, chunk })
        .config(bounds.config(ConnectionConfig::client()))
        .idle_timeout(bounds.idle(bounds.client_idle))
        .events(EventsLayer::new(reporter));
    let client = Client::builder()
        .connector(connector)
        .max_calls(bounds.max_calls)
        .max_oneways(bounds.max_calls)
        .dial_timeout(bounds.dial_timeout)
        .call_timeout(bounds.call_timeout)
        .backoff(Duration::from_millis(20), Duration::from_millis(500))
        .build();
    (client, processors)
}

/// Runs one client. Returns true if another one is to follow.
async fn live(world: &Arc<World>, number: usize, dice: &mut Dice) -> turmoil::Result<bool> {
    let (client, processors) = build(world, number);
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for _ in 0..world.plan.callers {
        let (world, stop) = (Arc::clone(world), Arc::clone(&stop));
        let calls = Calls::new(world, number, client.clone(), dice.fork());
        callers.spawn(caller::run(calls, stop));
    }
    let bell = &world.client_bells[number];
    let heard = bell.get();
    let another = tokio::select! {
        biased;
        () = bell.reaches(heard + 1) => true,
        () = recover(world, number, &client, dice) => false,
    };
    if another {
        shutdown(world, &client).await;
    } else {
        world.reaches(Stage::Quiet).await;
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended?;
    }
    if client.calls() != 0 {
        let what = format!("client {number} has {} calls", client.calls());
        world.journal.violation("nothing is left", what);
    }
    if !another {
        end(world, &client, dice).await;
    }
    drop(client);
    let left = || (processors.strong_count() != 0).then(|| format!("client {number} still serves"));
    eventually(world, left).await;
    Ok(another)
}

/// Waits until the faults end, and then calls until a call succeeds.
async fn recover(world: &Arc<World>, number: usize, client: &Client, dice: &mut Dice) {
    world.reaches(Stage::Recovery).await;
    let since = Instant::now();
    let mut calls = Calls::new(Arc::clone(world), number, client.clone(), dice.fork());
    loop {
        let end = calls.probe().await;
        let took = since.elapsed();
        if end == End::Answered {
            world.journal.recovered(took);
            break;
        }
        if took > RECOVERY {
            let what = format!("client {number} has no response after {took:?}, last {end:?}");
            world.journal.violation("recovery", what);
            break;
        }
        sleep(dice.millis(1..100)).await;
    }
    world.has_recovered(number);
}

async fn shutdown(world: &World, client: &Client) {
    let limit = world.plan.bounds.client_shut_down;
    let since = Instant::now();
    client.shutdown(limit).await;
    let (took, bound) = (since.elapsed(), limit + world.slack());
    world.journal.note(format_args!("a client is down after {took:?}"));
    if took > bound {
        let what = format!("a client took {took:?}, longer than {bound:?}");
        world.journal.violation("shutdown in time", what);
    }
    if client.connection_count() != 0 {
        let what = format!("a client that is down has {} connections", client.connection_count());
        world.journal.violation("nothing is left", what);
    }
}

/// Ends the last client in one of several ways.
async fn end(world: &World, client: &Client, dice: &mut Dice) {
    match dice.within(0..3) {
        0 => shutdown(world, client).await,
        // An unused client closes its connections when they are idle.
        1 => {
            let connections = || match client.connection_count() {
                0 => None,
                open => Some(format!("a client without calls has {open} connections")),
            };
            eventually(world, connections).await;
        }
        // The last handle is dropped.
        _ => {}
    }
}

/// Waits until `left` returns `None`, for the longest time that this may take.
async fn eventually(world: &World, left: impl Fn() -> Option<String>) {
    let by = Instant::now() + world.plan.bounds.longest_end();
    while let Some(what) = left() {
        if Instant::now() > by {
            return world.journal.violation("nothing is left", what);
        }
        sleep(Duration::from_millis(10)).await;
    }
}
