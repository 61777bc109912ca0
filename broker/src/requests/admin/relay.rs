//! Requests that the broker hands on to consumers over their connections.

use super::answer;
use crate::log::CommitLogOffset;
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::channel::CallError;
use rocketmq_tower::message::MessageId;
use rocketmq_tower::protocol::{
    ConsumeMessageDirectlyRequestHeader, GetConsumerRunningInfoRequestHeader,
    GetConsumerStatusBody, GetConsumerStatusRequestHeader,
};
use rocketmq_tower::{Body, BoxError, Channel, RemotingCommand, RequestCode, ResponseCode, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The time within which a consumer has to answer, as in Java; and for its status.
const PATIENCE: Duration = Duration::from_secs(10);
const FOR_STATUS: Duration = Duration::from_secs(5);

/// The maximum number of consumers that are asked for their status.
const MAX_ASKED: usize = 256;

/// `GET_CONSUMER_RUNNING_INFO`
pub(super) async fn running_info(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: GetConsumerRunningInfoRequestHeader<&str> = request.header()?;
    let (group, client) = (header.consumer_group, header.client_id);
    let handed_on = copy_of(&request).with_body(request.body().clone());
    call(&broker, group, client, handed_on).await
}

/// `CONSUME_MESSAGE_DIRECTLY`. The consumer gets the message in the body.
pub(super) async fn consume_directly(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: ConsumeMessageDirectlyRequestHeader<&str> = request.header()?;
    let id: MessageId = header.msg_id.unwrap_or_default().parse()?;
    let record = match CommitLogOffset::from_i64(id.commit_log_offset) {
        Some(offset) => broker.log.record(offset).await?,
        None => None,
    };
    let record = record.ok_or_else(|| {
        refuse(ResponseCode::SYSTEM_ERROR, format!("there is no message with the id {id}"))
    })?;
    let group = header.consumer_group;
    let mut handed_on =
        copy_of(&request).with_ext_field("brokerName", &broker.identity.name).with_body(record);
    let mut flag = |name, flag: Option<i32>| {
        if let Some(flag) = flag {
            handed_on.ext_fields_mut().insert(name, &flag.to_string());
        }
    };
    let topic = header.topic.and_then(|topic| broker.topics.get(topic));
    flag("topicSysFlag", topic.map(|topic| topic.settings.topic_sys_flag));
    let settings = broker.groups.get(group);
    flag("groupSysFlag", settings.map(|group| group.config.group_sys_flag));
    call(&broker, group, header.client_id.unwrap_or_default(), handed_on).await
}

/// Returns a request with the fields of another one.
fn copy_of(request: &RemotingCommand) -> RemotingCommand {
    let fields = request.ext_fields().iter();
    let new = RemotingCommand::request(request.request_code());
    fields.fold(new, |new, (name, value)| new.with_ext_field(name, value))
}

/// Returns the answer of a consumer.
async fn call(
    broker: &BrokerState,
    group: &str,
    client: &str,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let channel = broker.clients.member(group, client).ok_or_else(|| {
        let text = format!("The Consumer <{group}> <{client}> not online");
        refuse(ResponseCode::SYSTEM_ERROR, text)
    })?;
    let mut answer = match channel.invoke(request, PATIENCE).await {
        Ok(answer) => answer,
        Err(error @ CallError::Timeout { .. }) => {
            let text = format!("consumer <{group}> <{client}> Timeout: {error}");
            return Err(refuse(ResponseCode::CONSUME_MSG_TIMEOUT, text));
        }
        Err(error) => {
            let text = format!("invoke consumer <{group}> <{client}> Exception: {error}");
            return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
        }
    };
    let body = answer.take_body();
    let mut response = RemotingCommand::response(answer.response_code()).with_body(body);
    if let Some(remark) = answer.remark() {
        response.set_remark(remark.to_owned());
    }
    Ok(response)
}

/// `INVOKE_BROKER_TO_GET_CONSUMER_STATUS`: the offsets of the consumers of a group, or of one of them.
pub(super) async fn status(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Body, BoxError> {
    let header: GetConsumerStatusRequestHeader<&str> = request.header()?;
    let group = header.group;
    let mut members = broker.clients.members(group);
    if let Some(only) = header.client_addr.filter(|only| !only.trim().is_empty()) {
        members.retain(|(client, _)| **client == *only);
    }
    if members.is_empty() {
        let text = format!("No Any Consumer online in the consumer group: [{group}]");
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    if members.len() > MAX_ASKED {
        let text = format!("the group has more than {MAX_ASKED} consumers: name one in clientAddr");
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    let mut asked = JoinSet::new();
    for (client, channel) in members {
        let question =
            GetConsumerStatusRequestHeader { topic: header.topic, group, client_addr: None };
        let code = RequestCode::GET_CONSUMER_STATUS_FROM_CLIENT;
        let question = RemotingCommand::request(code).with_header(&question)?;
        asked.spawn(async move { Some((client, offsets_of(&channel, question).await?)) });
    }
    let mut status = GetConsumerStatusBody::default();
    while let Some(answered) = asked.join_next().await {
        // One that does not answer is left out, as in Java.
        if let Some((client, of_client)) = answered? {
            status.consumer_table.insert((*client).to_owned(), of_client.message_queue_table);
        }
    }
    answer(&status)
}

async fn offsets_of(channel: &Channel, question: RemotingCommand) -> Option<GetConsumerStatusBody> {
    let answer = channel.invoke(question, FOR_STATUS).await.ok()?;
    answer.response_code().is_success().then(|| answer.json().ok())?
}
