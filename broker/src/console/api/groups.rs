//! Groups of consumers: lists, one of them, how far behind it is, and resets of its offsets.

use super::super::Shared;
use super::super::answer::{Answer, ApiError, Change, MAX_PAGE, Name, Page, Params, answer};
use super::topics::{self, first_queue};
use super::{change, report};
use crate::requests::admin::offsets as requests;
use crate::state::BrokerState;
use crate::topics::names;
use axum::extract::State;
use rocketmq_tower::protocol::ResetOffsetRequestHeader;
use rocketmq_tower::{Body, Header, State as Broker};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) async fn list(State(shared): State<Arc<Shared>>, Params(page): Params<Page>) -> Answer {
    let value = report(&shared, move |shared| {
        let broker = &shared.broker;
        let (groups, next) = page.of(broker.groups.names(), |group| group);
        let items = groups.iter().map(
            |group| json!({ "name": group, "members": broker.clients.consumers(group).len() }),
        );
        Ok(json!({ "items": items.collect::<Vec<_>>(), "next": next }))
    });
    answer(&value.await?)
}

/// Answers with a group: its settings, the first members, and the topics that it consumes with how far it
/// is behind, page by page.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
    Params(page): Params<Page>,
) -> Answer {
    let value = report(&shared, move |shared| {
        let broker = &shared.broker;
        let settings = broker.groups.get(&name).ok_or_else(|| missing(&name))?;
        let report = broker.clients.report(&name);
        let subscriptions = report.iter().flat_map(|report| &report.subscriptions);
        let subscriptions: Vec<_> = subscriptions.map(|sent| sent.data()).collect();
        let mut topics: BTreeSet<_> = broker.offsets.topics_of(&name).into_iter().collect();
        topics.extend(subscriptions.iter().map(|data| data.topic.clone()));
        let (topics, next) = page.of(topics.into_iter().collect(), |topic| topic);
        let topics = topics.iter().map(|topic| {
            let subscription = subscriptions.iter().find(|data| data.topic == *topic);
            json!({
                "topic": topic,
                "lag": queues(broker, &name, topic).map(|queue| queue.lag).sum::<i64>(),
                "subscription": subscription.map(|data| &data.sub_string),
            })
        });
        let topics: Vec<_> = topics.collect();
        let clients = report.iter().flat_map(|report| &report.clients);
        let members = clients.clone().take(MAX_PAGE).map(|client| {
            json!({
                "id": *client.id,
                "address": client.address,
                "language": client.language.to_string(),
                "version": client.version.to_string(),
            })
        });
        Ok(json!({
            "name": name,
            "settings": *settings,
            "member_count": clients.clone().count(),
            "members": members.collect::<Vec<_>>(),
            "model": report.as_ref().map(|report| json!(report.kind.message_model)),
            "dead_letters": dead_letters(broker, &name),
            "items": topics,
            "next": next,
        }))
    });
    answer(&value.await?)
}

/// Returns the topic of a group's dead letters and how many there are, if there is one.
fn dead_letters(broker: &BrokerState, group: &str) -> Option<Value> {
    let topic = broker.topics.get(&names::dead_letters(group))?;
    Some(json!({ "topic": topic.name, "messages": topics::messages(&topic) }))
}

fn missing(group: &str) -> ApiError {
    ApiError::not_found(format!("there is no group {group}"))
}

/// The progress of a group in a queue.
struct Progress {
    queue: usize,
    max: i64,
    /// `None` if the group has none.
    offset: Option<i64>,
    lag: i64,
}

/// Returns the progress of a group in the queues of a topic; none if the topic does not exist.
fn queues(broker: &BrokerState, group: &str, topic: &str) -> impl Iterator<Item = Progress> {
    let known = broker.topics.get(topic);
    let offsets = broker.offsets.of(group, topic);
    let queues = known.map_or_else(Vec::new, |topic| topic.queues().to_vec());
    queues.into_iter().enumerate().map(move |(id, queue)| {
        let offset = offsets.get(id).copied().filter(|&offset| offset >= 0);
        let (min, max) = (queue.min(), queue.max());
        let lag = (max - offset.unwrap_or(0).max(min)).max(0);
        Progress { queue: id, max, offset, lag }
    })
}

#[derive(Deserialize)]
pub(super) struct LagQuery {
    topic: String,
    page_size: Option<usize>,
    after: Option<String>,
}

/// Lists the queues of a topic with how far the group is behind.
pub(super) async fn lag(
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
    Params(query): Params<LagQuery>,
) -> Answer {
    let broker = &shared.broker;
    if !broker.groups.contains(&name) {
        return Err(missing(&name));
    }
    broker.topics.find(&query.topic)?;
    let page = Page { page_size: query.page_size, after: query.after, ..Page::default() };
    let (first, size) = (first_queue(&page)?, page.size());
    let mut all = queues(broker, &name, &query.topic).skip(first).peekable();
    let mut items = Vec::new();
    while let Some(it) = all.next_if(|_| items.len() < size) {
        items.push(json!({ "queue": it.queue, "max": it.max, "offset": it.offset, "lag": it.lag }));
    }
    let next = all.peek().map(|next| (next.queue - 1).to_string());
    answer(&json!({ "items": items, "next": next }))
}

#[derive(Deserialize)]
pub(super) struct Reset {
    topic: String,
    /// All of them if absent.
    queue: Option<i32>,
    /// One of: an offset of that queue, a time in ms since 1970, or -1 as the time for the end.
    offset: Option<i64>,
    time: Option<i64>,
}

/// Sets the offsets of a group in a topic.
pub(super) async fn reset(
    State(shared): State<Arc<Shared>>,
    Name(group): Name,
    Change(reset): Change<Reset>,
) -> Answer {
    match (reset.queue, reset.offset, reset.time) {
        (Some(0..), Some(0..), None) | (None | Some(0..), None, Some(-1..)) => {}
        _ => {
            let text = "either a queue with an offset, or a time, which is -1 for the end";
            return Err(ApiError::bad_request(text));
        }
    }
    let header = ResetOffsetRequestHeader {
        topic: reset.topic,
        group,
        timestamp: reset.time.unwrap_or(-1),
        is_force: true,
        queue_id: reset.queue,
        offset: reset.offset,
    };
    let broker = Arc::clone(&shared.broker);
    let Body(body) = change(&shared, requests::reset(Broker(broker), Header(header))).await?;
    let offsets: rocketmq_tower::protocol::ResetOffsetBody =
        rocketmq_tower::protocol::json::from_slice(&body)?;
    let mut items: Vec<Value> = offsets
        .offset_table
        .iter()
        .map(|(queue, offset)| json!({ "queue": queue.queue_id, "offset": offset }))
        .collect();
    items.sort_by_key(|item| item["queue"].as_i64());
    answer(&json!({ "items": items }))
}
