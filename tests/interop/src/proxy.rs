//! Clients of version 5, Java's and Node's, against `rocketmq-tower-broker`, over gRPC, through Apache's proxy in
//! cluster mode.

use crate::apache::ports::free_port;
use crate::apache::process::{Process, SHORT_LIVED};
use crate::apache::requests::request;
use crate::apache::scratch::Scratch;
use crate::broker::java::Java;
use crate::broker::process::Broker;
use crate::check::{Checked, TIMEOUT, clients_pass, report};
use crate::place::Place;
use rocketmq_tower::client::Client;
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// All scenarios, with the type of their topics.
pub(crate) const ALL: [(&str, &str); 8] = [
    ("push", "NORMAL"),
    ("simple", "NORMAL"),
    ("sql", "NORMAL"),
    ("dead", "NORMAL"),
    ("fifo", "FIFO"),
    ("fifo-dead", "FIFO"),
    ("delay", "DELAY"),
    ("transaction", "TRANSACTION"),
];

const START_LIMIT: Duration = Duration::from_secs(60);

/// The labels of the clients: the names of their topics and groups begin with them.
pub(crate) const JAVA: &str = "java";
const NODE: &str = "node";

/// Runs the scenarios in `some`, or all of them if it is empty. `node` is the folder of the scenarios in Node.
pub(crate) async fn run(
    class_path: &str,
    node: &str,
    proxy: &str,
    some: &[&str],
) -> Result<(), BoxError> {
    println!("== clients over gRPC, Apache's proxy, rocketmq-tower-broker");
    let scratch = Scratch::new("proxy")?;
    let home = scratch.directory("clients")?;
    let java = Java::with_main("interop.ProxyScenarios", class_path, home)?;
    let mut broker = Broker::start(&scratch, "data")?;
    let checked = async {
        broker.ready().await?;
        create_all(&[&broker.addr]).await?;
        let directory = scratch.directory("proxy")?;
        let port = free_port(&[0, 1, 2, 3, 4, 5])? + 4;
        let mut proxy = start(&Place::Here, &directory, proxy, &broker.name_server, port)?;
        let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        let names = if some.is_empty() { &names[..] } else { some };
        let endpoints = format!("127.0.0.1:{port}");
        let mut node_clients = tokio::process::Command::new("node");
        node_clients.arg(format!("{node}/main.js")).args([&endpoints, NODE]).args(names);
        let checked = async {
            ready(&mut proxy, &directory).await?;
            let (java, node) = tokio::join!(
                java.run(&endpoints, JAVA, &[], names),
                clients_pass(NODE, node_clients),
            );
            java.and(node)
        };
        checked.await.inspect_err(|_| proxy.print_log())
    };
    checked.await.inspect_err(|_| broker.print_log())?;
    report("the broker ends when it is told to", broker.stop()).await
}

/// Creates the topics and groups of all scenarios at these brokers.
pub(crate) async fn create_all(brokers: &[&str]) -> Checked {
    let client = Client::new();
    for broker in brokers {
        for (scenario, kind) in ALL {
            for label in [JAVA, NODE] {
                create(&client, broker, label, scenario, kind).await?;
            }
        }
    }
    Ok(())
}

/// Creates the topic and the group of a scenario.
async fn create(client: &Client, broker: &str, label: &str, scenario: &str, kind: &str) -> Checked {
    let name = format!("{label}-{scenario}");
    for request in [topic(&name, kind), group(&name, kind)] {
        let answer = client.invoke(broker, request, TIMEOUT).await?;
        if !answer.response_code().is_success() {
            return Err(format!("{name} cannot be created: {answer:?}").into());
        }
    }
    Ok(())
}

fn topic(name: &str, kind: &str) -> RemotingCommand {
    let attributes = format!("+message.type={kind}");
    let topic = [
        ("topic", name),
        ("defaultTopic", "TBW102"),
        ("readQueueNums", "4"),
        ("writeQueueNums", "4"),
        ("perm", "6"),
        ("topicFilterType", "SINGLE_TAG"),
        ("topicSysFlag", "0"),
        ("order", "false"),
        ("attributes", &attributes),
    ];
    request(RequestCode::UPDATE_AND_CREATE_TOPIC, &topic)
}

fn group(name: &str, kind: &str) -> RemotingCommand {
    let in_order = kind == "FIFO";
    let retries = if name.ends_with("dead") { 1 } else { 16 };
    // Without a policy, the proxy lists delays, and of these Node's client makes a single attempt in order.
    let policy = if in_order {
        r#"{"type":"EXPONENTIAL","exponentialRetryPolicy":{"initial":1000,"max":5000,"multiplier":2}}"#
    } else {
        "null"
    };
    let settings = format!(
        r#"{{"groupName":"{name}-g","consumeMessageOrderly":{in_order},"retryMaxTimes":{retries},"groupRetryPolicy":{policy}}}"#
    );
    let code = RequestCode::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP;
    RemotingCommand::request(code).with_body(settings)
}

/// Starts the proxy of a cluster, which listens on `port` of 127.0.0.1, and on the next one.
pub(crate) fn start(
    place: &Place,
    directory: &Path,
    class_path: &str,
    names: &str,
    port: u16,
) -> Result<Process, BoxError> {
    let class_path = &crate::apache::absolute(class_path)?;
    let config = directory.join("rmq-proxy.json");
    let remoting = port + 1;
    fs::write(
        &config,
        format!(
            r#"{{"proxyMode":"CLUSTER","namesrvAddr":"{names}","rocketMQClusterName":"DefaultCluster",
"grpcServerPort":{port},"remotingListenPort":{remoting}}}"#
        ),
    )?;
    let mut java = place.program("java");
    java.arg("-Xmx512m")
        .args(SHORT_LIVED)
        .arg("-Djava.net.preferIPv4Stack=true")
        .arg(format!("-Duser.home={}", directory.display()))
        .arg(format!("-Djava.io.tmpdir={}", directory.display()))
        .args(["-cp", class_path, "org.apache.rocketmq.proxy.ProxyStartup", "-pc"])
        .arg(&config)
        .env("RMQ_PROXY_HOME", directory)
        .env_remove("NAMESRV_ADDR");
    Process::spawn("the proxy", directory, java)
}

/// Waits until the proxy says that it serves.
pub(crate) async fn ready(proxy: &mut Process, directory: &Path) -> Checked {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        proxy.check_alive()?;
        if fs::read_to_string(directory.join("log"))?.contains("startup successfully") {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err("the proxy does not start".into());
        }
        sleep(Duration::from_millis(100)).await;
    }
}
