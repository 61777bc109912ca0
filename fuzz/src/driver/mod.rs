//! A whole connection: the fuzzer decides what the peer sends, when bytes arrive and are written,
//! what the service does, which calls this side makes, and how time passes. `Book` checks the
//! invariants at all times. At the end everything must complete.

mod book;
mod calls;
mod end;
mod hog;
mod peer;
mod service;
mod stage;
mod steps;
mod world;

use crate::Input;
use rocketmq_tower_core::driver::{ByteBudget, ConnectionConfig};
use world::World;

/// The input is seven bytes for the configuration, then operations.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let vectored = data.first().is_some_and(|kind| kind & 0x80 != 0);
    let (is_client, config) = config(&mut input);
    crate::runtime::run(async {
        let mut world = World::new(is_client, config, vectored);
        while let Some(op) = input.next() {
            world.step(op, &mut input).await;
        }
        let how = world.last;
        world.end(how).await;
    });
}

/// Returns whether it is a client's connection, and its bounds.
fn config(input: &mut Input<'_>) -> (bool, ConnectionConfig) {
    let kind = input.byte();
    let is_client = kind & 1 == 1;
    let mut config =
        if is_client { ConnectionConfig::client() } else { ConnectionConfig::server() };
    config.max_calls = [64, 1, 2, 4][usize::from(kind >> 1 & 3)];
    config.max_oneways = [64, 1, 2, 4][usize::from(kind >> 3 & 3)];
    config.max_deferred = [64, 0, 1, 4][usize::from(kind >> 5 & 3)];
    config.max_in_flight = input.pick([1024, 1, 2, 8]);
    config.max_queued_requests = input.pick([64, 0, 1, 4]);
    config.write_high_water = input.pick([64 * 1024, 0, 1, 300]);
    config.max_frame_length = input.pick([1 << 24, 512, 4096, 20_000]);
    config.max_held_bytes = input.pick([64 << 20, 0, 300, 4096]);
    config.budget = match input.byte() & 7 {
        0..=3 => None,
        4 => Some(ByteBudget::with_own_bytes(0, 0)),
        5 => Some(ByteBudget::with_own_bytes(0, 200)),
        6 => Some(ByteBudget::with_own_bytes(300, 0)),
        _ => Some(ByteBudget::with_own_bytes(4096, 1000)),
    };
    (is_client, config)
}
