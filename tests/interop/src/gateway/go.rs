//! Go's client, outside.

use super::network::Network;
use crate::check::Checked;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

const PROGRAM: &str = "go-gateway/target/interop-gateway-go";
const LIMIT: Duration = Duration::from_secs(150);

/// `brokers` are their addresses outside.
pub(super) async fn check(network: &Network, name_server: &str, brokers: &[String]) -> Checked {
    let mut command = Command::from(network.outside().program(PROGRAM));
    command.arg(name_server).args(brokers).env("ROCKETMQ_GO_LOG_LEVEL", "fatal").kill_on_drop(true);
    let late = |_| "FAILED Go's client: timed out";
    let status = timeout(LIMIT, command.status()).await.map_err(late)??;
    if status.success() { Ok(()) } else { Err(format!("Go's client failed: {status}").into()) }
}
