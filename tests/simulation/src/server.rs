//! The server's host.

use crate::errors;
use crate::journal::End;
use crate::network::Backlog;
use crate::payload::{self, Kind};
use crate::processor::{Processor, call};
use crate::sabotage::Sabotage;
use crate::stage::Stage;
use crate::world::{Reporter, Serving, World};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::ConnectionLimitLayer;
use rocketmq_tower::server::Connections;
use rocketmq_tower::{Channel, Server, service_fn};
use rocketmq_tower_test_support::Dice;
use std::cell::Cell;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// The event listener gets this time at the end of a shutdown.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// Serves, and starts again after each graceful shutdown.
pub(crate) async fn run(world: Arc<World>) -> turmoil::Result {
    let mut dice = world.boot();
    while !world.has_reached(Stage::End) {
        serve(&world, &mut dice).await?;
        // The old listener's task and late responses need this time to end.
        sleep(dice.millis(5..300)).await;
    }
    let streams = turmoil::established_tcp_stream_count();
    if streams != 0 {
        world.journal.violation("nothing is left", format!("the server has {streams} sockets"));
    }
    world.is_done(None);
    pending().await
}

async fn serve(world: &Arc<World>, dice: &mut Dice) -> turmoil::Result {
    let bounds = &world.plan.bounds;
    let twice = world.is(Sabotage::AnswersTwice);
    let listener = Backlog::bind(world.plan.network.chunk, twice).await?;
    let permits = Arc::new(Semaphore::new(bounds.max_connections));
    let mut limit = ConnectionLimitLayer::with_semaphore(Arc::clone(&permits));
    if bounds.refuse {
        limit = limit.refuse();
    }
    let one = Arc::new(());
    let connections = Connections::default();
    let processors = Arc::downgrade(&one);
    let serving = Serving { connections: connections.clone(), permits, processors };
    world.serves(serving.clone());
    let processor = Processor::new(world, None, one);
    let mut config = bounds.config(ConnectionConfig::server());
    if world.is(Sabotage::NoFarewell) {
        config.linger = Duration::ZERO;
    }
    let server = Server::new(service_fn(move |request| processor.clone().process(request)))
        .connection_limit(limit)
        .idle_timeout(bounds.idle(bounds.server_idle))
        .event_listener(Reporter { world: Arc::clone(world), host: None, told: 0 })
        .config(config)
        .connections(connections.clone())
        .drain_deadline(bounds.drain_deadline)
        .listen(listener);
    let stop = Arc::new(AtomicBool::new(false));
    let pushing = push(Arc::clone(world), connections.clone(), dice.fork(), Arc::clone(&stop));
    let pushing = tokio::spawn(pushing);

    let asked = Cell::new(None);
    let heard = world.server_bell.get();
    let signal = async {
        tokio::select! {
            biased;
            () = world.server_bell.reaches(heard + 1) => {}
            () = world.reaches(Stage::End) => {}
        }
        asked.set(Some(Instant::now()));
        // The server drains its connections in the order of a hash map, which the seed does not
        // control. Draining them here first wakes them in a fixed order.
        for channel in in_order(&connections) {
            channel.drain();
        }
    };
    let shutdown = server.serve_until(signal).await?;
    if world.is(Sabotage::SlowShutdown) {
        sleep(bounds.drain_deadline + LAST_EVENTS).await;
    }
    world.journal.note(format_args!("the server is down: {shutdown:?}"));
    if world.is(Sabotage::KeepsPermit) && shutdown.accepted > 0 {
        serving.permits.forget_permits(1);
    }
    let took = asked.get().map_or(Duration::ZERO, |asked: Instant| asked.elapsed());
    let bound = bounds.drain_deadline + LAST_EVENTS + world.slack();
    if took > bound {
        let what = format!("the server took {took:?}, longer than {bound:?}");
        world.journal.violation("shutdown in time", what);
    }
    world.journal.shutdown(took);
    stop.store(true, Ordering::Relaxed);
    pushing.await?;
    world.check_gone(&serving, "after a shutdown");
    Ok(())
}

/// Returns all connections, the oldest first.
pub(crate) fn in_order(connections: &Connections) -> Vec<Channel> {
    let mut channels = connections.channels();
    channels.sort_by_key(Channel::id);
    channels
}

/// Calls a random client from time to time.
async fn push(world: Arc<World>, connections: Connections, mut dice: Dice, stop: Arc<AtomicBool>) {
    let patience = dice.within(20..300);
    loop {
        sleep(dice.millis(1..patience)).await;
        if stop.load(Ordering::Relaxed) || world.has_reached(Stage::Recovery) {
            return;
        }
        let channels = in_order(&connections);
        if channels.is_empty() {
            continue;
        }
        let channel = &channels[dice.index(channels.len())];
        if dice.percent(60) {
            call(&world, None, channel, dice.millis(1..500)).await;
            continue;
        }
        let open = world.journal.begin(None, Some(Duration::ZERO));
        let command = payload::request(open.id(), Kind::Echo, Duration::ZERO, 20);
        let sent = channel.try_invoke_oneway(command);
        open.end(sent.map_or_else(|error| errors::of_channel(&error), |()| End::Written));
    }
}
