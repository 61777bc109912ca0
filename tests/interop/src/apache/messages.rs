//! Messages that are sent, and pulled back.

use super::client::Client;
use super::message::decode_all;
use super::requests::{BORN, FLAG, create_topic, pull, request, send, send_header};
use super::servers::Servers;
use crate::check::{Checked, TIMEOUT, equal, report};
use bytes::{Bytes, BytesMut};
use rocketmq_tower::message::{BatchedMessage, Properties, SendHeader, StoredMessage, property};
use rocketmq_tower::protocol::{MASTER_ID, PullMessageResponseHeader, SendMessageResponseHeader};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const TOPIC: &str = "Messages";

pub(super) async fn check(servers: &Servers, client: &Client) -> Checked {
    client.ask(&servers.broker, create_topic(TOPIC, 4)?).await?;
    report("broker: send and pull", one(servers, client)).await?;
    report("broker: many sends at once", many(servers, client)).await?;
    report("broker: a batch", batch(servers, client)).await?;
    report("broker: oneway send", oneway(servers, client)).await?;
    report("broker: long polling", long_polling(servers, client)).await?;
    report("broker: pull beyond the end", beyond(servers, client)).await?;
    report("broker: unknown topic", unknown_topic(servers, client)).await
}

/// Pulls until there is a message. The pulls do not wait in the broker: if a message arrives just
/// before a pull starts to wait, the broker may find it only 5 s later.
async fn pulled(
    servers: &Servers,
    client: &Client,
    queue: i32,
    from: i64,
) -> Result<Bytes, BoxError> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let mut answer = client.call(&servers.broker, pull(TOPIC, queue, from, false)?).await?;
        match answer.response_code() {
            ResponseCode::SUCCESS => return Ok(answer.take_body()),
            ResponseCode::PULL_NOT_FOUND if Instant::now() < deadline => {
                sleep(Duration::from_millis(20)).await;
            }
            code => return Err(format!("the response to the pull is {code}").into()),
        }
    }
}

async fn one(servers: &Servers, client: &Client) -> Checked {
    let properties = "TAGS\u{1}a tag\u{2}KEYS\u{1}é𝄞\u{2}color\u{1}red\u{2}";
    let request = send(TOPIC, 0, "the body", properties);
    let answer = client.ask(&servers.broker, request).await?;
    let sent: SendMessageResponseHeader<&str> = answer.header()?;
    equal((sent.queue_id, sent.queue_offset), (0, 0))?;

    let body = pulled(servers, client, 0, 0).await?;
    let messages = decode_all(&body)?;
    let [message] = &messages[..] else { return Err(format!("{messages:?}").into()) };
    equal(message.topic, TOPIC)?;
    equal(message.body, b"the body")?;
    equal((message.queue_id, message.queue_offset), (0, 0))?;
    equal((message.flag, message.born_timestamp), (FLAG, BORN))?;
    for (name, value) in [(property::TAGS, "a tag"), (property::KEYS, "é𝄞"), ("color", "red")] {
        equal(message.properties.get(name), Some(value))?;
    }
    // The broker adds these fields.
    equal(message.properties.get(property::CLUSTER), Some("interop"))?;
    let unique = message.properties.get(property::UNIQ_KEY);
    equal(unique, answer.ext_fields().get("transactionId"))?;
    equal(message.store_host, servers.broker.parse()?)?;
    equal(sent.msg_id, &message.id().to_string())
}

async fn many(servers: &Servers, client: &Client) -> Checked {
    let mut sends = tokio::task::JoinSet::new();
    for number in 0..100 {
        let request = send(TOPIC, 1, &number.to_string(), "");
        let broker = servers.broker.clone();
        let client = client.clone();
        sends.spawn(async move { client.ask(&broker, request).await });
    }
    let mut sent = Vec::new();
    while let Some(answer) = sends.join_next().await {
        sent.push(answer??.header::<SendMessageResponseHeader<&str>>()?.queue_offset);
    }
    sent.sort_unstable();
    equal(sent, (0..100).collect())?;

    let mut bodies = Vec::new();
    while bodies.len() < 100 {
        let body = pulled(servers, client, 1, bodies.len() as i64).await?;
        for message in decode_all(&body)? {
            equal(message.queue_offset, bodies.len() as i64)?;
            bodies.push(std::str::from_utf8(message.body)?.parse::<i32>()?);
        }
    }
    bodies.sort_unstable();
    equal(bodies, (0..100).collect())
}

/// The messages of one request are stored separately.
async fn batch(servers: &Servers, client: &Client) -> Checked {
    let batched = ["one", "two"].map(|text| BatchedMessage {
        flag: FLAG,
        body: text.as_bytes(),
        properties: Properties::new(if text == "one" { "TAGS\u{1}first\u{2}" } else { "" }),
    });
    let mut body = BytesMut::new();
    batched.iter().try_for_each(|message| message.encode(&mut body))?;
    let header = SendHeader { batch: true, ..send_header(TOPIC, 3, Properties::default()) };
    let answer = client.ask(&servers.broker, header.request().with_body(body.freeze())).await?;
    let sent: SendMessageResponseHeader<&str> = answer.header()?;
    equal((sent.queue_id, sent.queue_offset), (3, 0))?;

    // The broker adds them to the queue one after the other: with the second one, both are there.
    pulled(servers, client, 3, 1).await?;
    let body = pulled(servers, client, 3, 0).await?;
    let messages = decode_all(&body)?;
    let read = |message: &StoredMessage<'_>| {
        let tag = message.properties.get(property::TAGS).unwrap_or_default().to_owned();
        (message.queue_offset, message.flag, message.body.to_vec(), tag)
    };
    let expected = [("one", "first"), ("two", "")].into_iter().zip(0..);
    let expected = expected.map(|((body, tag), at)| (at, FLAG, body.into(), tag.to_owned()));
    equal(messages.iter().map(read).collect::<Vec<_>>(), expected.collect())?;
    let ids: Vec<String> = messages.iter().map(|message| message.id().to_string()).collect();
    equal(sent.msg_id, &ids.join(","))
}

/// Checks that there is exactly one message, with this body.
fn only(messages: &[u8], body: &str) -> Checked {
    let messages = decode_all(messages)?;
    equal(messages.iter().map(|message| message.body).collect(), vec![body.as_bytes()])
}

async fn oneway(servers: &Servers, client: &Client) -> Checked {
    client.tell(&servers.broker, send(TOPIC, 2, "no answer", "")).await?;
    let messages = pulled(servers, client, 2, 0).await?;
    only(&messages, "no answer")
}

/// A send gets its response while a pull on the same connection waits for the message.
async fn long_polling(servers: &Servers, client: &Client) -> Checked {
    let waiting = client.ask(&servers.broker, pull(TOPIC, 2, 1, true)?);
    tokio::pin!(waiting);
    tokio::select! {
        early = &mut waiting => return Err(format!("a pull did not wait: {early:?}").into()),
        () = sleep(Duration::from_millis(500)) => {}
    }
    client.ask(&servers.broker, send(TOPIC, 2, "news", "")).await?;
    only(waiting.await?.body(), "news")
}

async fn beyond(servers: &Servers, client: &Client) -> Checked {
    // The fields that consumers need in every response to a pull.
    let bounds = |answer: &RemotingCommand| -> Result<_, BoxError> {
        let header: PullMessageResponseHeader = answer.header()?;
        let next = header.next_begin_offset;
        Ok((next, header.min_offset, header.max_offset, header.suggest_which_broker_id))
    };
    let at_the_end = pull(TOPIC, 2, 2, false)?;
    let answer = client.call(&servers.broker, at_the_end).await?;
    equal(answer.response_code(), ResponseCode::PULL_NOT_FOUND)?;
    equal(answer.remark(), Some("OFFSET_OVERFLOW_ONE"))?;
    equal(bounds(&answer)?, (2, 0, 2, MASTER_ID))?;
    let too_far = pull(TOPIC, 2, 7, false)?;
    let answer = client.call(&servers.broker, too_far).await?;
    equal(answer.response_code(), ResponseCode::PULL_OFFSET_MOVED)?;
    equal(answer.remark(), Some("OFFSET_OVERFLOW_BADLY"))?;
    equal(bounds(&answer)?, (2, 0, 2, MASTER_ID))
}

async fn unknown_topic(servers: &Servers, client: &Client) -> Checked {
    let answer = client.call(&servers.broker, pull("Nowhere", 0, 0, true)?).await?;
    equal(answer.response_code(), ResponseCode::TOPIC_NOT_EXIST)?;
    let remark = answer.remark().unwrap_or_default();
    equal(remark.starts_with("topic[Nowhere] not exist, apply first please!"), true)?;
    // A query of its offsets says that it is empty.
    let fields = [("topic", "Nowhere"), ("queueId", "0")];
    let answer = client.ask(&servers.broker, request(RequestCode::GET_MAX_OFFSET, &fields)).await?;
    equal(answer.ext_fields().get("offset"), Some("0"))
}
