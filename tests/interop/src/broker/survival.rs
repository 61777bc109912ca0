//! A broker that is killed under load does not lose any acknowledged message.

use super::java::Java;
use super::process::Broker;
use crate::apache::scratch::Scratch;
use crate::check::Checked;
use rocketmq_tower::BoxError;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::{Instant, timeout};

const LIMIT: Duration = Duration::from_secs(120);

/// Runs this scenario, which says when to kill the broker.
pub(super) async fn check(java: &Java, scratch: &Scratch, scenario: &str) -> Checked {
    let mut broker = Broker::start(scratch, "killed")?;
    broker.ready().await?;
    let checked = timeout(LIMIT, kill_under_load(java, &mut broker, scenario)).await;
    let checked = checked.map_err(BoxError::from).and_then(|checked| checked);
    checked.inspect_err(|_| broker.print_log())
}

async fn kill_under_load(java: &Java, broker: &mut Broker, scenario: &str) -> Checked {
    let mut clients = java
        .command(&broker.name_server, "json", &[], &[scenario])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = clients.stdout.take().ok_or("Java's client has no output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if line == "kill the broker" {
            let killed = Instant::now();
            broker.replace().await?;
            println!(
                "ok restart: it serves {} ms after it was killed",
                killed.elapsed().as_millis()
            );
        } else {
            println!("{line}");
        }
    }
    let status = clients.wait().await?;
    if status.success() { Ok(()) } else { Err(format!("{scenario} failed: {status}").into()) }
}
