//! Asks a name server where the queues of a topic are.

use super::{TIMEOUT, refusal};
use rocketmq_tower::client::NameServers;
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::protocol::{
    GetRouteInfoRequestHeader, MASTER_ID, QueueData, TopicRouteData, perm,
};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode};
use std::time::UNIX_EPOCH;

/// A queue, and the address of the broker that has it.
pub(crate) struct Queue {
    pub(crate) broker: String,
    pub(crate) id: i32,
}

/// Returns the topic's queues on masters whose permissions include the bit `permitted`. `count` returns
/// the number of such queues of a broker.
fn queues(route: &TopicRouteData, permitted: i32, count: impl Fn(&QueueData) -> i32) -> Vec<Queue> {
    let mut found = Vec::new();
    for queues in route.queue_datas.iter().filter(|queues| queues.perm & permitted != 0) {
        let broker = route.broker_datas.iter().find(|b| b.broker_name == queues.broker_name);
        if let Some(master) = broker.and_then(|broker| broker.broker_addrs.get(&MASTER_ID)) {
            found.extend((0..count(queues)).map(|id| Queue { broker: master.clone(), id }));
        }
    }
    found
}

async fn ask(names: &NameServers, topic: &str) -> Result<RemotingCommand, BoxError> {
    let header = GetRouteInfoRequestHeader { topic, ..Default::default() };
    let request = RemotingCommand::request(RequestCode::GET_ROUTEINFO_BY_TOPIC);
    Ok(names.invoke(request.with_header(&header)?, TIMEOUT).await?)
}

fn route(answer: &RemotingCommand) -> Result<TopicRouteData, BoxError> {
    match answer.response_code() {
        ResponseCode::SUCCESS => Ok(answer.json()?),
        _ => Err(refusal(answer)),
    }
}

/// Returns all readable queues of a topic.
pub(crate) async fn to_read(names: &NameServers, topic: &str) -> Result<Vec<Queue>, BoxError> {
    let route = route(&ask(names, topic).await?)?;
    Ok(queues(&route, perm::READ, |queues| queues.read_queue_nums))
}

/// Returns any writable queue of a topic. A topic that does not exist yet is created by its first
/// message, with queues like those of the default topic.
pub(crate) async fn to_write(names: &NameServers, topic: &str) -> Result<Queue, BoxError> {
    let (mut answer, mut max) = (ask(names, topic).await?, i32::MAX);
    if answer.response_code() == ResponseCode::TOPIC_NOT_EXIST {
        answer = ask(names, SendHeader::DEFAULT_TOPIC).await?;
        max = SendHeader::DEFAULT_TOPIC_QUEUE_NUMS;
    }
    let route = route(&answer)?;
    let mut queues = queues(&route, perm::WRITE, |queues| queues.write_queue_nums.min(max));
    if queues.is_empty() {
        return Err("no master has a queue of the topic that can be written".into());
    }
    let any = UNIX_EPOCH.elapsed()?.subsec_micros() as usize % queues.len();
    Ok(queues.swap_remove(any))
}
