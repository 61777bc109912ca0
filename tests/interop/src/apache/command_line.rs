//! Sends, pulls, follows and shows with the command `rocketmq-tower`, which has been built before.

use super::ports::free_port;
use super::servers::Servers;
use crate::check::{Checked, TIMEOUT, equal, eventually};
use rocketmq_tower::BoxError;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

/// The broker creates it with the first message.
const TOPIC: &str = "CommandLine";
const GROUP: &str = "CommandLineGroup";
/// UPDATE_AND_CREATE_SUBSCRIPTIONGROUP
const CREATE_GROUP: &str = "200";
const BODY: &str = "\"hello\" é𝄞";

/// Runs the check. `keys` are the options for signing, if requests must be signed.
pub(super) async fn check(servers: &Servers, keys: &[&str]) -> Checked {
    let sent = run(servers, keys, &["send", TOPIC, BODY, "--tag", "greetings"]).await?;
    let [sent] = &sent[..] else { return Err(format!("{sent:?}").into()) };
    equal(&sent["topic"], &json!(TOPIC))?;
    let (queue, offset) = (sent["queue"].to_string(), sent["offset"].to_string());

    // The message and the topic become visible some time after the send.
    let place = ["pull", TOPIC, "--queue", &queue, "--from", &offset, "--max", "1"];
    let pulled = async || Ok(find(&run(servers, keys, &place).await, sent));
    eventually(pulled, Ok(1)).await?;
    let all = run(servers, keys, &["pull", TOPIC]).await;
    equal(find(&all, sent), Ok(1))?;
    let place = ["tail", TOPIC, "--queue", &queue, "--from", &offset, "--max", "1"];
    let tail = run(servers, keys, &place).await;
    equal(find(&tail, sent), Ok(1))?;
    shown(servers, keys, sent).await
}

/// Checks that Apache's servers answer what the lists and figures are made of.
async fn shown(servers: &Servers, keys: &[&str], sent: &Value) -> Checked {
    let topics = run(servers, keys, &["topics"]).await?;
    let topic =
        topics.iter().find(|line| line["topic"] == TOPIC).ok_or("the topic is not listed")?;
    // Others may have been sent before.
    equal(&(topic["messages"].as_u64() > Some(0)), &true)?;
    let queues = run(servers, keys, &["topics", TOPIC]).await?;
    let queue = queues.iter().find(|line| line["queue"] == sent["queue"]);
    let next = sent["offset"].as_u64().map(|offset| offset + 1);
    equal(&queue.ok_or("the queue is not shown")?["maxOffset"].as_u64(), &next)?;
    let settings = json!({ "groupName": GROUP }).to_string();
    run(servers, keys, &["call", &servers.broker, CREATE_GROUP, "--body", &settings]).await?;
    let reset = run(servers, keys, &["groups", "reset", GROUP, TOPIC, "--to", "end"]).await?;
    equal(&reset.len(), &queues.len())?;
    let group = run(servers, keys, &["groups", GROUP]).await?;
    let lags: i64 = group.iter().filter_map(|line| line["lag"].as_i64()).sum();
    equal(&(group.len(), lags), &(queues.len(), 0))?;
    run(servers, keys, &["groups"]).await?;
    Ok(())
}

/// Returns the number of lines that show the message that was sent.
fn find(lines: &Result<Vec<Value>, BoxError>, sent: &Value) -> Result<usize, String> {
    let lines = lines.as_ref().map_err(ToString::to_string)?;
    let is_it = |line: &&Value| {
        ["topic", "queue", "offset"].iter().all(|name| line[name] == sent[name])
            && line["body"] == BODY
            && line["properties"]["TAGS"] == "greetings"
    };
    Ok(lines.iter().filter(is_it).count())
}

/// Runs the command, and returns the lines that it prints.
async fn run(servers: &Servers, keys: &[&str], arguments: &[&str]) -> Result<Vec<Value>, BoxError> {
    let program = std::env::current_exe()?.with_file_name("rocketmq-tower");
    let dead = format!("127.0.0.1:{}", free_port(&[0])?);
    let names = format!("{dead};{}", servers.name_server);
    let mut command = Command::new(program);
    command.args(["--json", "--namesrv", &names]).args(arguments).args(keys).kill_on_drop(true);
    let output = timeout(TIMEOUT, command.output()).await??;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let lines = std::str::from_utf8(&output.stdout)?.lines();
    Ok(lines.map(serde_json::from_str).collect::<Result<_, _>>()?)
}
