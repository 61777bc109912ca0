#![no_main]

use rocketmq_tower_fuzz::{round_trip, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("round_trip"), |data: &[u8]| round_trip::check(data));
