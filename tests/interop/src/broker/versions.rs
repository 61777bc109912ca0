//! Versions of the official Java client that are in use, old and new, against `rocketmq-tower-broker`. All
//! of them use one broker at the same time.

use super::java::Java;
use super::process::Broker;
use crate::apache::scratch::Scratch;
use crate::check::{Checked, report};
use rocketmq_tower::BoxError;
use tokio::task::JoinSet;

const SCENARIOS: &[&str] = &["sends", "refused", "ordered"];

/// The scenario that needs 4.4.0 or newer.
const TRACE: &str = "trace";

/// The old clients' Netty reads a field of the JDK, which a JDK 16 or newer forbids by default.
pub(crate) const OPTIONS: &[&str] = &["--add-opens=java.base/java.nio=ALL-UNNAMED"];

pub(crate) async fn run(classes: &str, versions: &[&str]) -> Result<(), BoxError> {
    println!("== Java's client of {}, rocketmq-tower-broker", versions.join(", "));
    let scratch = Scratch::new("old")?;
    let mut broker = Broker::start(&scratch, "data")?;
    let checked = async {
        broker.ready().await?;
        all(classes, versions, &scratch, &broker.name_server).await
    };
    checked.await.inspect_err(|_| broker.print_log())?;
    report("the broker ends when it is told to", broker.stop()).await
}

async fn all(classes: &str, versions: &[&str], scratch: &Scratch, name_server: &str) -> Checked {
    let mut clients = JoinSet::new();
    for version in versions.iter().map(ToString::to_string) {
        let class_path = format!("{classes}/{version}/classes:{classes}/{version}/lib/*");
        let home = scratch.directory(&version)?;
        let java = Java::with_main("interop.Versions", &class_path, home)?;
        let name_server = name_server.to_owned();
        clients.spawn(async move {
            java.run(&name_server, &version, OPTIONS, &scenarios(&version)).await
        });
    }
    while let Some(checked) = clients.join_next().await {
        checked??;
    }
    Ok(())
}

/// Returns the scenarios that this version can run.
pub(crate) fn scenarios(version: &str) -> Vec<&'static str> {
    let traces = !version.starts_with("4.2.") && !version.starts_with("4.3.");
    SCENARIOS.iter().copied().chain(traces.then_some(TRACE)).collect()
}
