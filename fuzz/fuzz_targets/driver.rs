#![no_main]

use rocketmq_tower_fuzz::{driver, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("driver"), |data: &[u8]| driver::check(data));
