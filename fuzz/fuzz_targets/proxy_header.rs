#![no_main]

use rocketmq_tower_fuzz::{proxy_header, seeds};

libfuzzer_sys::fuzz_target!(init: seeds::write("proxy_header"), |data: &[u8]| proxy_header::check(data));
