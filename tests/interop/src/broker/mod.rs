//! The official Java client against `rocketmq-tower-broker`: a name server and a broker in one
//! process.
//!
//! The same scenarios can run against Apache's servers as the reference: a scenario that fails there
//! is wrong.

mod first_send;
pub(crate) mod java;
pub(crate) mod pops;
pub(crate) mod process;
mod survival;
pub(crate) mod versions;

use crate::apache::scratch::Scratch;
use crate::apache::servers::Servers;
use crate::check::{Checked, report};
use java::Java;
use process::Broker;
use rocketmq_tower::{BoxError, SerializeType};

/// All scenarios that can run concurrently.
pub(crate) const ALL: &[&str] = &[
    "sends",
    "queries",
    "topics",
    "orderly",
    "delayed",
    "recalled",
    "transactions",
    "sharing",
    "broadcast",
    "assigned",
    "subscribed",
    "filters",
    "sql",
    "retries",
    "resuming",
    "beginnings",
    "popping",
    "requests",
];

/// Stands for all of these, in the place of names.
const CONCURRENT: &str = "concurrent";

/// The scenario that kills its broker, and so needs its own one.
const SURVIVAL: &str = "survival";

/// The scenarios that depend on the encoding of headers.
const BINARY: &[&str] =
    &["sends", "queries", "orderly", "transactions", "assigned", "resuming", "requests"];

/// The scenarios that depend on heartbeats, with one member per group. Clients with heartbeat v2 may
/// fail to send a new version of their subscription, and then brokers refuse the group's pulls, which
/// are of the new version, forever: Apache's and this one. That also happens to one of several consumers that share a client, as in
/// `retries`: while one of them sends a heartbeat, the client skips that of another.
const HEARTBEAT_V2: &[&str] = &["filters", "resuming"];

pub(crate) async fn run(class_path: &str, some: &[&str]) -> Result<(), BoxError> {
    let scratch = Scratch::new("broker")?;
    let java = Java::new(class_path, &scratch)?;

    println!("== Java's client, rocketmq-tower-broker");
    let mut broker = Broker::start(&scratch, "data")?;
    let checked = async {
        first_send::measure(&mut broker).await?;
        scenarios(&java, &broker.name_server, "", &[], some).await
    };
    checked.await.inspect_err(|_| broker.print_log())?;
    report("the broker ends when it is told to", broker.stop()).await?;

    if some.is_empty() || some.contains(&SURVIVAL) {
        println!("== Java's client, rocketmq-tower-broker is killed");
        survival::check(&java, &scratch, SURVIVAL).await?;
    }
    Ok(())
}

pub(crate) async fn reference(
    class_path: &str,
    servers: &str,
    some: &[&str],
) -> Result<(), BoxError> {
    println!("== Java's client, Apache's servers");
    let servers = crate::apache::absolute(servers)?;
    let servers = Servers::start_with(&servers, SerializeType::Json, "clients", CONFIG).await?;
    let scratch = Scratch::new("clients")?;
    let java = Java::new(class_path, &scratch)?;
    let checked = scenarios(&java, &servers.name_server, "", &[], some).await;
    checked.inspect_err(|_| servers.print_logs())
}

/// Runs the scenarios in `some`, or all of them if it is empty. The names of topics and groups begin with `label`.
pub(crate) async fn scenarios(
    java: &Java,
    name_server: &str,
    label: &str,
    options: &[&str],
    some: &[&str],
) -> Checked {
    let run = async |kind: &str, more: &[&str], names: &[&str]| {
        let options = [options, more].concat();
        java.run(name_server, &format!("{label}{kind}"), &options, names).await
    };
    if !some.is_empty() {
        let names = some.iter().flat_map(|name| match *name {
            CONCURRENT => ALL,
            SURVIVAL => &[],
            _ => std::slice::from_ref(name),
        });
        let some: Vec<&str> = names.copied().collect();
        return if some.is_empty() { Ok(()) } else { run("json", &[], &some).await };
    }
    let (json, binary, v2) = tokio::join!(
        run("json", &[], ALL),
        run("binary", &["-Drocketmq.serialize.type=ROCKETMQ"], BINARY),
        run("v2", &["-Dcom.rocketmq.heartbeat.v2=true"], HEARTBEAT_V2),
    );
    json.and(binary).and(v2)?;
    // Runs alone, as it would slow down the others.
    run("json", &[], &["load"]).await
}

/// Configuration of Apache's broker: larger files, delays by time, recalls, frequent checks of transactions, SQL92.
const CONFIG: &str = "mappedFileSizeCommitLog=67108864
mappedFileSizeConsumeQueue=600000
maxHashSlotNum=100000
maxIndexNum=400000
timerWheelEnable=true
recallMessageEnable=true
mappedFileSizeTimerLog=1048576
transactionTimeOut=2000
transactionCheckInterval=2000
transactionOpBatchInterval=500
enablePropertyFilter=true
";
