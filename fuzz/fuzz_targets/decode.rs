#![no_main]

use rocketmq_tower_fuzz::{decode, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("decode"), |data: &[u8]| decode::check(data));
