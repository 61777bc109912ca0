//! Messages: the newest ones, or found by their place, time, key, tag or id; who consumed them; sent for a test, or again.

mod browse;
mod send;

use super::super::Shared;
use super::super::answer::{Answer, ApiError, Name, Page, Params, answer};
use super::groups;
use super::message::{MAX_BODY, PREVIEW, message};
use super::report;
use crate::requests::lookup;
use axum::extract::State;
use bytes::Bytes;
use rocketmq_tower::message::{MessageId, StoredMessage};
use rocketmq_tower::protocol::{QueryMessageRequestHeader, ViewMessageRequestHeader};
use rocketmq_tower::{Body, Header, State as Broker};
pub(super) use send::{resend, send};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A search for messages of a topic: the newest ones, by a key, by a tag, or by the place in a queue.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    topic: String,
    key: Option<String>,
    tag: Option<String>,
    /// Times of storing, in ms since 1970.
    begin: Option<i64>,
    end: Option<i64>,
    /// Of all queues, or of `queue`.
    #[serde(default)]
    newest: bool,
    queue: Option<i32>,
    offset: Option<i64>,
    time: Option<i64>,
    page_size: Option<usize>,
    after: Option<i64>,
}

pub(super) async fn find(
    State(shared): State<Arc<Shared>>,
    Params(search): Params<Search>,
) -> Answer {
    match (&search.key, &search.tag) {
        (None, None) if search.newest => browse::newest(&shared, search).await,
        (None, None) => browse::page(&shared, search).await,
        (Some(_), Some(_)) => Err(ApiError::bad_request("either a key or a tag")),
        (Some(key), None) => by_index(&shared, &search, key, None).await,
        (None, Some(tag)) => by_index(&shared, &search, tag, Some("T")).await,
    }
}

/// Answers with the newest messages with a key or a tag, at most 64 of them, in one page.
async fn by_index(
    shared: &Arc<Shared>,
    search: &Search,
    key: &str,
    index_type: Option<&str>,
) -> Answer {
    shared.broker.topics.find(&search.topic)?;
    let query = QueryMessageRequestHeader {
        topic: search.topic.clone(),
        key: key.to_owned(),
        max_num: search.page_size.map_or(i32::MAX, |size| i32::try_from(size).unwrap_or(i32::MAX)),
        begin_timestamp: search.begin.unwrap_or(0),
        end_timestamp: search.end.unwrap_or(i64::MAX),
        index_type: index_type.map(str::to_owned),
        ..QueryMessageRequestHeader::default()
    };
    let _turn = shared.turns.take().await?;
    let found = lookup::query(Broker(Arc::clone(&shared.broker)), Header(query)).await;
    let body = match found.map_err(ApiError::from) {
        Ok((_, Body(body))) => body,
        Err(error) if error.is_not_found() => Bytes::new(),
        Err(error) => return Err(error),
    };
    let (mut items, mut rest) = (Vec::new(), &*body);
    while !rest.is_empty() {
        let (found, next) = StoredMessage::decode(rest)?;
        items.push(message(&shared.broker, &found, PREVIEW));
        rest = next;
    }
    answer(&json!({ "items": items, "next": Value::Null }))
}

/// Returns the message with an id.
async fn record(shared: &Arc<Shared>, id: &str) -> Result<Bytes, ApiError> {
    let id: MessageId =
        id.parse().map_err(|error| ApiError::bad_request(format!("{id:?}: {error}")))?;
    let offset = id.commit_log_offset;
    let header = ViewMessageRequestHeader { offset, ..ViewMessageRequestHeader::default() };
    let found = lookup::view(Broker(Arc::clone(&shared.broker)), Header(header)).await;
    let missing = || ApiError::not_found(format!("there is no message {id}"));
    found.map(|Body(record)| record).map_err(|error| {
        let error = ApiError::from(error);
        if error.is_server_error() { error } else { missing() }
    })
}

pub(super) async fn one(State(shared): State<Arc<Shared>>, Name(id): Name) -> Answer {
    let _turn = shared.turns.take().await?;
    let record = record(&shared, &id).await?;
    let (found, _) = StoredMessage::decode(&record)?;
    answer(&message(&shared.broker, &found, MAX_BODY))
}

/// Lists the groups of the topic, and whether each has consumed the message: its offset in the queue is
/// beyond it.
pub(super) async fn track(
    State(shared): State<Arc<Shared>>,
    Name(id): Name,
    Params(page): Params<Page>,
) -> Answer {
    let record = {
        let _turn = shared.turns.take().await?;
        record(&shared, &id).await?
    };
    let value = report(&shared, move |shared| {
        let (message, _) = StoredMessage::decode(&record)?;
        let (broker, topic, queue) = (&shared.broker, message.topic, message.queue_id);
        let (groups, next) = page.of(groups::consumers_of(broker, topic), |group| group);
        let items = groups.iter().map(|group| {
            let offset = broker.offsets.get(group, topic, queue);
            json!({
                "group": group,
                "offset": offset,
                "consumed": offset.is_some_and(|offset| offset > message.queue_offset),
                "online": broker.clients.has_consumers(group),
            })
        });
        Ok(json!({ "items": items.collect::<Vec<_>>(), "next": next }))
    });
    answer(&value.await?)
}
