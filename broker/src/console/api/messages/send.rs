//! Messages that the console sends: for a test, or a dead letter again.

use super::super::super::Shared;
use super::super::super::answer::{Answer, ApiError, Change, Name, answer};
use super::super::change;
use super::record;
use crate::requests::send as requests;
use crate::stored_properties::without_delay;
use crate::topics::names;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rocketmq_tower::message::{PropertiesBuf, SendHeader, StoredMessage, property};
use rocketmq_tower::protocol::SendMessageResponseHeader;
use rocketmq_tower::{RemotingCommand, State as Broker};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The producer's group of all of them.
const GROUP: &str = "console";

/// The properties of a dead letter that its copy does not have.
const OF_DEAD_LETTERS: [&str; 4] = [
    property::RETRY_TOPIC,
    property::ORIGIN_MESSAGE_ID,
    property::DLQ_ORIGIN_TOPIC,
    property::DLQ_ORIGIN_MESSAGE_ID,
];

#[derive(Deserialize)]
pub(in super::super) struct NewMessage {
    topic: String,
    /// The broker chooses one if absent.
    queue: Option<i32>,
    tag: Option<String>,
    /// Separated by spaces.
    keys: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    /// Instead of a text.
    body_base64: Option<String>,
}

/// Sends a message to a topic that exists.
pub(in super::super) async fn send(
    State(shared): State<Arc<Shared>>,
    Change(new): Change<NewMessage>,
) -> Answer {
    shared.broker.topics.find(&new.topic)?;
    let mut properties = PropertiesBuf::new();
    let known = [(property::TAGS, &new.tag), (property::KEYS, &new.keys)];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let own = new.properties.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in own.chain(known).filter(|(_, value)| !value.is_empty()) {
        let is_text = |text: &str| !text.contains(['\u{1}', '\u{2}']);
        if name.is_empty() || !is_text(name) || !is_text(value) {
            return Err(ApiError::bad_request(format!("the property {name:?} is not possible")));
        }
        if name == property::TRAN_MSG {
            return Err(ApiError::bad_request("the console sends no transactions"));
        }
        properties.set(name, value);
    }
    let body = match new.body_base64 {
        None => new.body.into_bytes(),
        Some(text) => STANDARD
            .decode(text)
            .map_err(|error| ApiError::bad_request(format!("body_base64: {error}")))?,
    };
    let mut header = SendHeader::new(GROUP, &new.topic, new.queue.unwrap_or(-1));
    header.properties = properties.as_properties();
    stored(&shared, header.request().with_body(body)).await
}

/// Sends a dead letter again, to the topic that it was consumed from.
pub(in super::super) async fn resend(
    State(shared): State<Arc<Shared>>,
    Name(id): Name,
    Change(_): Change<BTreeMap<String, String>>,
) -> Answer {
    let record = {
        let _turn = shared.turns.take().await?;
        record(&shared, &id).await?
    };
    let (dead, _) = StoredMessage::decode(&record)?;
    if !names::is_of_dead_letters(dead.topic) {
        return Err(ApiError::bad_request("only a dead letter is sent again"));
    }
    let first = [property::DLQ_ORIGIN_TOPIC, property::RETRY_TOPIC];
    let first = first.into_iter().find_map(|name| dead.properties.get(name));
    let topic = first.ok_or_else(|| ApiError::bad_request("it does not name its first topic"))?;
    shared.broker.topics.find(topic)?;
    let mut properties = without_delay(dead.properties);
    OF_DEAD_LETTERS.iter().for_each(|name| _ = properties.remove(name));
    let mut header = SendHeader::new(GROUP, topic, -1);
    header.properties = properties.as_properties();
    header.flag = dead.flag;
    header.sys_flag = dead.sys_flag;
    stored(&shared, header.request().with_body(dead.body.to_vec())).await
}

/// Stores the message of a request, and answers with its place.
async fn stored(shared: &Shared, request: RemotingCommand) -> Answer {
    let broker = Broker(Arc::clone(&shared.broker));
    let response = change(shared, requests::handle(broker, request)).await?;
    let header: SendMessageResponseHeader<&str> = response.header()?;
    answer(&json!({
        "id": header.msg_id,
        "queue": header.queue_id,
        "offset": header.queue_offset,
    }))
}
