//! Offsets of queues, and of consumer groups.

use super::client::Client;
use super::requests::{create_topic, heartbeat, request, send};
use super::servers::Servers;
use crate::check::{Checked, equal, eventually, report};
use rocketmq_tower::protocol::OffsetResponseHeader;
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode};

const TOPIC: &str = "Offsets";
const GROUP: &str = "offset-keepers";

pub(super) async fn check(servers: &Servers, client: &Client) -> Checked {
    client.ask(&servers.broker, create_topic(TOPIC, 1)?).await?;
    for body in ["first", "second", "third"] {
        client.ask(&servers.broker, send(TOPIC, 0, body, "")).await?;
    }
    // The broker writes the queue's index after the response.
    let max = async || offset(&servers.broker, client, of_queue(RequestCode::GET_MAX_OFFSET)).await;
    eventually(max, 3).await?;
    report("broker: offsets of a queue", queue(servers, client)).await?;
    report("broker: offsets of a group", group(servers, client)).await
}

fn of_queue(code: RequestCode) -> RemotingCommand {
    request(code, &[("topic", TOPIC), ("queueId", "0")])
}

fn of_group(code: RequestCode) -> RemotingCommand {
    of_queue(code).with_ext_field("consumerGroup", GROUP)
}

async fn offset(addr: &str, client: &Client, request: RemotingCommand) -> Result<i64, BoxError> {
    Ok(client.ask(addr, request).await?.header::<OffsetResponseHeader>()?.offset)
}

async fn queue(servers: &Servers, client: &Client) -> Checked {
    for addr in [&servers.broker, &servers.broker_fast] {
        equal(offset(addr, client, of_queue(RequestCode::GET_MAX_OFFSET)).await?, 3)?;
        equal(offset(addr, client, of_queue(RequestCode::GET_MIN_OFFSET)).await?, 0)?;
    }
    let first = of_queue(RequestCode::SEARCH_OFFSET_BY_TIMESTAMP).with_ext_field("timestamp", "0");
    equal(offset(&servers.broker, client, first).await?, 0)
}

async fn group(servers: &Servers, client: &Client) -> Checked {
    let broker = &servers.broker;
    let query = || of_group(RequestCode::QUERY_CONSUMER_OFFSET);
    let update = |offset| {
        of_group(RequestCode::UPDATE_CONSUMER_OFFSET).with_ext_field("commitOffset", offset)
    };
    // A group without an offset begins with the first message, provided that it is still in memory,
    // unless the request asks for an error instead.
    equal(offset(broker, client, query()).await?, 0)?;
    let told = query().with_ext_field("setZeroIfNotFound", "false");
    let answer = client.call(broker, told).await?;
    equal(answer.response_code(), ResponseCode::QUERY_NOT_FOUND)?;
    let expected = "Not found, do not set to zero, maybe this group boot first";
    equal(answer.remark(), Some(expected))?;

    // Queries accept any group, updates only groups that have sent a heartbeat.
    let answer = client.call(broker, update("2")).await?;
    equal(answer.response_code(), ResponseCode::SUBSCRIPTION_GROUP_NOT_EXIST)?;
    equal(answer.remark(), Some("Group offset-keepers not exist!"))?;
    client.ask(broker, heartbeat("offset-keeper", GROUP, TOPIC)?).await?;
    client.ask(broker, update("2")).await?;
    equal(offset(broker, client, query()).await?, 2)?;
    client.tell(broker, update("3")).await?;
    eventually(async || offset(broker, client, query()).await, 3).await
}
