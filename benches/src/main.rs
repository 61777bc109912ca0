//! Measures rocketmq-tower: see `benches/README.md`.

fn main() {}
