//! Sets where a group goes on.

use crate::cluster::masters_of;
use crate::failure::Failure;
use crate::link::Link;
use crate::options::{Position, ResetOptions};
use crate::output::{Out, PLACE, printable};
use crate::reading::places;
use rocketmq_tower::protocol::{
    MessageQueue, ResetOffsetBody, ResetOffsetRequestHeader, UpdateConsumerOffsetRequestHeader,
};
use rocketmq_tower::{Addr, RemotingCommand, RequestCode, ResponseCode};
use serde_json::json;

/// Resets all queues, broker by broker. Brokers of 4.x cannot do it without members: their offsets are written then.
pub(super) async fn run(link: &Link, options: ResetOptions, out: &mut Out) -> Result<(), Failure> {
    let timestamp = match options.to {
        Position::Begin => 0,
        Position::End => -1,
        Position::Time(time) => time,
        Position::Offset(_) | Position::Last(_) => {
            let text = "all queues can be reset to begin, end, a time or a duration ago";
            return Err(Failure::Usage(text.to_owned()));
        }
    };
    for (name, addr) in masters_of(link, &options.topic).await? {
        let response = link.ask(&addr, request(&options, timestamp)?).await;
        let response = response.map_err(|failure| failure.at(&name))?;
        match response.response_code() {
            ResponseCode::SUCCESS => {
                let body: ResetOffsetBody = response.json()?;
                for (queue, offset) in body.offset_table {
                    print(&options, &queue, offset, out)?;
                }
            }
            ResponseCode::CONSUMER_NOT_ONLINE => write(link, &options, &name, out).await?,
            _ => return Err(Failure::refusal(&response).at(&name)),
        }
    }
    Ok(())
}

fn request(options: &ResetOptions, timestamp: i64) -> Result<RemotingCommand, Failure> {
    let header = ResetOffsetRequestHeader {
        topic: options.topic.as_str(),
        group: options.name.as_str(),
        timestamp,
        is_force: true,
        queue_id: None,
        offset: None,
    };
    Ok(RemotingCommand::request(RequestCode::INVOKE_BROKER_TO_RESET_OFFSET).with_header(&header)?)
}

/// Writes the offsets of the queues of one broker.
async fn write(
    link: &Link,
    options: &ResetOptions,
    broker: &str,
    out: &mut Out,
) -> Result<(), Failure> {
    for place in places(link, &options.topic, None).await? {
        if place.queue.broker_name != broker {
            continue;
        }
        let offset = place.offset(link, options.to).await?;
        commit(link, &options.name, &place.queue, &place.addr, offset).await?;
        print(options, &place.queue, offset, out)?;
    }
    Ok(())
}

async fn commit(
    link: &Link,
    group: &str,
    queue: &MessageQueue,
    addr: &Addr,
    offset: i64,
) -> Result<(), Failure> {
    let header = UpdateConsumerOffsetRequestHeader {
        consumer_group: group,
        topic: queue.topic.as_str(),
        queue_id: queue.queue_id,
        commit_offset: offset,
        broker_name: None,
    };
    let request = RemotingCommand::request(RequestCode::UPDATE_CONSUMER_OFFSET);
    link.call(addr, request.with_header(&header)?).await?;
    Ok(())
}

fn print(
    options: &ResetOptions,
    queue: &MessageQueue,
    offset: i64,
    out: &mut Out,
) -> Result<(), Failure> {
    let (broker, id) = (&queue.broker_name, queue.queue_id);
    let json = json!({
        "group": options.name,
        "topic": queue.topic,
        "broker": broker,
        "queue": id,
        "offset": offset,
    });
    let human = || format!("{PLACE}{}:{id}{PLACE:#} goes on at {offset}", printable(broker));
    out.line(|| json, human)
}
