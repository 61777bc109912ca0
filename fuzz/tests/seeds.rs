//! Runs all seeds without a fuzzer, in any build.

use rocketmq_tower_fuzz::{
    broker, decode, driver, proxy_header, round_trip, seeds, sql, tls_sniff,
};

#[test]
fn all_seeds_pass() {
    let mut bytes = 0;
    for seed in seeds::all() {
        let check = match seed.target {
            "decode" => decode::check,
            "round_trip" => round_trip::check,
            "driver" => driver::check,
            "broker" => broker::check,
            "proxy_header" => proxy_header::check,
            "tls_sniff" => tls_sniff::check,
            "sql" => sql::check,
            other => panic!("no target {other}"),
        };
        println!("{} {}", seed.target, seed.name);
        check(&seed.bytes);
        bytes += seed.bytes.len();
    }
    assert!(bytes < 200 * 1024, "{bytes} bytes");
}
