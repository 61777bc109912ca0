//! A whole broker and its name server in memory: the fuzzer decides which requests several peers send,
//! with which fields and bodies, when connections close, and how time passes. Every request gets exactly
//! one answer in time, unless it is oneway or its connection ends; what was sent with success is pulled
//! with its body; and the broker holds no more for its peers than it may.

mod fields;
mod json;
mod known;
mod ledger;
mod peer;
mod requests;
mod world;

use crate::Input;
use rocketmq_tower_broker::fuzzing::MemoryBroker;
use tokio::runtime::Builder;
use world::World;

/// The maximum number of steps.
const STEPS: usize = 60;

/// The input is one byte for the room for client state, then steps.
pub fn check(data: &[u8]) {
    // A runtime of its own, whose end drops all tasks.
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut input = Input::new(data);
        let room = input.pick([1 << 20, 1 << 16, 1 << 12, 0]);
        let broker = MemoryBroker::start(room).await.expect("a broker");
        let mut world = World::new(broker, room);
        for _ in 0..STEPS {
            let Some(op) = input.next() else { break };
            world.step(op, &mut input).await;
        }
        world.end().await;
    });
}
