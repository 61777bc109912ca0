//! The command `rocketmq-tower-gateway`.
fn main() {}
