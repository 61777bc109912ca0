#![no_main]

use rocketmq_tower_fuzz::{seeds, sql};

libfuzzer_sys::fuzz_target!(init: seeds::write("sql"), |data: &[u8]| sql::check(data));
