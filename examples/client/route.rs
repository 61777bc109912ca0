//! Asks a name server where the queues of a topic are.

use super::{TIMEOUT, refusal};
use rocketmq_tower::client::NameServers;
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::UNIX_EPOCH;

/// A queue, and the address of the broker that has it.
pub(crate) struct Queue {
    pub(crate) broker: String,
    pub(crate) id: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    broker_datas: Vec<Broker>,
    queue_datas: Vec<Queues>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Broker {
    broker_name: String,
    /// Addresses by broker id. The master's id is 0.
    broker_addrs: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queues {
    broker_name: String,
    read_queue_nums: i32,
    write_queue_nums: i32,
    perm: u32,
}

const READ: u32 = 4;
const WRITE: u32 = 2;

impl Route {
    /// Returns the topic's queues on masters whose permissions include the bit `permitted`. `count`
    /// returns the number of such queues of a broker.
    fn queues(&self, permitted: u32, count: impl Fn(&Queues) -> i32) -> Vec<Queue> {
        let mut found = Vec::new();
        for queues in self.queue_datas.iter().filter(|queues| queues.perm & permitted != 0) {
            let broker = self.broker_datas.iter().find(|b| b.broker_name == queues.broker_name);
            if let Some(master) = broker.and_then(|broker| broker.broker_addrs.get("0")) {
                found.extend((0..count(queues)).map(|id| Queue { broker: master.clone(), id }));
            }
        }
        found
    }
}

async fn ask(names: &NameServers, topic: &str) -> Result<RemotingCommand, BoxError> {
    let request = RemotingCommand::request(RequestCode::GET_ROUTEINFO_BY_TOPIC)
        .with_ext_field("topic", topic)
        // Otherwise broker ids may be unquoted keys, which is invalid JSON.
        .with_ext_field("acceptStandardJsonOnly", "true");
    Ok(names.invoke(request, TIMEOUT).await?)
}

fn route(answer: &RemotingCommand) -> Result<Route, BoxError> {
    match answer.response_code() {
        ResponseCode::SUCCESS => Ok(serde_json::from_slice(answer.body())?),
        _ => Err(refusal(answer)),
    }
}

/// Returns all readable queues of a topic.
pub(crate) async fn to_read(names: &NameServers, topic: &str) -> Result<Vec<Queue>, BoxError> {
    let route = route(&ask(names, topic).await?)?;
    Ok(route.queues(READ, |queues| queues.read_queue_nums))
}

/// Returns any writable queue of a topic. A topic that does not exist yet is created by its first
/// message, with queues like those of the default topic.
pub(crate) async fn to_write(names: &NameServers, topic: &str) -> Result<Queue, BoxError> {
    let (mut answer, mut max) = (ask(names, topic).await?, i32::MAX);
    if answer.response_code() == ResponseCode::TOPIC_NOT_EXIST {
        answer = ask(names, SendHeader::DEFAULT_TOPIC).await?;
        max = SendHeader::DEFAULT_TOPIC_QUEUE_NUMS;
    }
    let mut queues = route(&answer)?.queues(WRITE, |queues| queues.write_queue_nums.min(max));
    if queues.is_empty() {
        return Err("no master has a queue of the topic that can be written".into());
    }
    let any = UNIX_EPOCH.elapsed()?.subsec_micros() as usize % queues.len();
    Ok(queues.swap_remove(any))
}
