#![no_main]

use rocketmq_tower_fuzz::{broker, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("broker"), |data: &[u8]| broker::check(data));
