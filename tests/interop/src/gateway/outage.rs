//! Servers that are killed while clients outside send and consume.

use super::clients::TWO_BROKERS;
use super::cluster::{BROKERS, Cluster};
use super::network::{DOORS, Network};
use super::process::{Gateway, Settings};
use crate::broker::java::Java;
use crate::check::Checked;
use rocketmq_tower::BoxError;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::{Instant, timeout};

const LIMIT: Duration = Duration::from_secs(180);

/// Kills a broker, and restarts it: nothing that was acknowledged is lost, and the clients of the other one notice nothing.
pub(super) async fn broker(java: &Java, cluster: &mut Cluster, name_server: &str) -> Checked {
    let (killed, other) =
        (format!("-Dinterop.killed={}", BROKERS[0]), format!("-Dinterop.other={}", BROKERS[1]));
    let options = [TWO_BROKERS, &[&killed, &other]].concat();
    let clients = java.command(name_server, "killed", &options, &["outage"]);
    watch(clients, async || {
        let killed = Instant::now();
        cluster.replace(0).await?;
        println!(
            "ok restart: the broker serves {} ms after it was killed",
            killed.elapsed().as_millis()
        );
        Ok(())
    })
    .await
}

/// Kills the gateway that clients use, out of two: they go on with the other one.
pub(super) async fn gateways(
    java: &Java,
    network: &Network,
    settings: &Settings,
    logs: &Path,
) -> Checked {
    let each = DOORS.map(|host| Settings { host, ..settings.clone() });
    let start = async |index: usize, name: &str| {
        Gateway::start(network, &each[index], logs.join(name)).await
    };
    let mut first = Some(start(0, "first").await?);
    let mut second = Some(start(1, "second").await?);
    let names = each.each_ref().map(Settings::name_server).join(";");
    let clients = java.command(&names, "failover", TWO_BROKERS, &["survival"]);
    watch(clients, async || {
        // Clients choose one at random, so both are killed, and one is there at all times.
        kill(&mut first).await?;
        let again = start(0, "again").await?;
        kill(&mut second).await?;
        println!("ok gateways: one was killed and restarted, then the other one was killed");
        first = Some(again);
        Ok(())
    })
    .await
}

async fn kill(gateway: &mut Option<Gateway>) -> Checked {
    match gateway.take() {
        Some(gateway) => gateway.kill().await,
        None => Err("the gateway was killed before".into()),
    }
}

/// Runs the clients, and calls `kill` when they say that it is time to kill something.
async fn watch(mut clients: Command, kill: impl AsyncFnMut() -> Checked) -> Checked {
    let watched = timeout(LIMIT, watch_all(&mut clients, kill)).await;
    watched.map_err(BoxError::from)?
}

async fn watch_all(clients: &mut Command, mut kill: impl AsyncFnMut() -> Checked) -> Checked {
    let mut clients = clients.stdout(Stdio::piped()).spawn()?;
    let stdout = clients.stdout.take().ok_or("Java's client has no output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if line == "kill the broker" {
            kill().await?;
        } else {
            println!("{line}");
        }
    }
    let status = clients.wait().await?;
    if status.success() { Ok(()) } else { Err(format!("the clients failed: {status}").into()) }
}
