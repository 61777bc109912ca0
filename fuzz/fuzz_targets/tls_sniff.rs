#![no_main]

use rocketmq_tower_fuzz::{seeds, tls_sniff};

libfuzzer_sys::fuzz_target!(init: seeds::write("tls_sniff"), |data: &[u8]| tls_sniff::check(data));
