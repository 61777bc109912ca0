//! Groups of consumers: lists, one of them, how far behind it is, resets of its offsets, and its end.

use super::super::Shared;
use super::super::answer::{Answer, ApiError, Change, Name, Page, Params, answer};
use super::topics::{self, first_queue};
use super::{change, report};
use crate::clients::ClientReport;
use crate::groups::is_system;
use crate::requests::admin::groups as settings_requests;
use crate::requests::admin::offsets as requests;
use crate::state::BrokerState;
use crate::topics::{Topic, names};
use axum::extract::State;
use rocketmq_tower::protocol::{DeleteSubscriptionGroupRequestHeader, ResetOffsetRequestHeader};
use rocketmq_tower::{Body, Header, State as Broker};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The maximum number of queues that are looked at for the lags of the groups of a list.
const MAX_QUEUES: usize = 100_000;

/// The purpose of a group: of applications, or one of those of Java's broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Application,
    System,
}

impl Kind {
    fn of(group: &str) -> Self {
        if is_system(group) { Self::System } else { Self::Application }
    }
}

#[derive(Deserialize)]
pub(super) struct GroupsQuery {
    /// All of them if absent.
    kind: Option<Kind>,
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Params(page): Params<Page>,
    Params(GroupsQuery { kind }): Params<GroupsQuery>,
) -> Answer {
    let value = report(&shared, move |shared| {
        let broker = &shared.broker;
        let mut groups = broker.groups.names();
        groups.retain(|group| kind.is_none_or(|kind| kind == Kind::of(group)));
        let (groups, next) = page.of(groups, |group| group);
        let mut left = MAX_QUEUES;
        let items = groups.iter().map(|group| {
            let dead = dead_letters(broker, group);
            json!({
                "name": group,
                "kind": Kind::of(group),
                "members": broker.clients.consumers(group).len(),
                "lag": lag_of_all(broker, group, &mut left),
                "dead_letters": dead.map_or(0, |topic| topics::messages(&topic)),
            })
        });
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
        let mut topics = topics_of(broker, &name);
        topics.extend(subscriptions.iter().map(|data| data.topic.clone()));
        let (topics, next) = page.of(topics.into_iter().collect(), |topic| topic);
        let dead = dead_letters(broker, &name)
            .map(|topic| json!({ "topic": topic.name, "messages": topics::messages(&topic) }));
        let topics = topics.iter().map(|topic| {
            let subscription = subscriptions.iter().find(|data| data.topic == *topic);
            json!({
                "topic": topic,
                "lag": lag_in(broker, &name, topic),
                "subscription": subscription.map(|data| &data.sub_string),
            })
        });
        let topics: Vec<_> = topics.collect();
        Ok(json!({
            "name": name,
            "settings": *settings,
            "member_count": report.as_ref().map_or(0, |report| report.clients.len()),
            "model": report.as_ref().map(|report| json!(report.kind.message_model)),
            "consume_type": report.as_ref().map(|report| json!(report.kind.consume_type)),
            "consume_from": report.as_ref().map(|report| json!(report.kind.consume_from_where)),
            "dead_letters": dead,
            "items": topics,
            "next": next,
        }))
    });
    answer(&value.await?)
}

/// Lists the members of a group.
pub(super) async fn members(
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
    Params(page): Params<Page>,
) -> Answer {
    let value = report(&shared, move |shared| {
        let broker = &shared.broker;
        if !broker.groups.contains(&name) {
            return Err(missing(&name));
        }
        let clients = broker.clients.report(&name).map(|report| report.clients);
        let (clients, next) = page.of(clients.unwrap_or_default(), |client| &*client.id);
        Ok(json!({ "items": clients.iter().map(member).collect::<Vec<_>>(), "next": next }))
    });
    answer(&value.await?)
}

fn member(client: &ClientReport) -> Value {
    json!({
        "id": *client.id,
        "address": client.address,
        "language": client.language.to_string(),
        "version": client.version.to_string(),
    })
}

/// Lists the groups that consume a topic, with how far each is behind.
pub(super) async fn of_topic(
    State(shared): State<Arc<Shared>>,
    Name(topic): Name,
    Params(page): Params<Page>,
) -> Answer {
    let value = report(&shared, move |shared| {
        let broker = &shared.broker;
        broker.topics.find(&topic)?;
        let (groups, next) = page.of(consumers_of(broker, &topic), |group| group);
        let items = groups.iter().map(|group| {
            json!({
                "group": group,
                "lag": lag_in(broker, group, &topic),
                "members": broker.clients.consumers(group).len(),
            })
        });
        Ok(json!({ "items": items.collect::<Vec<_>>(), "next": next }))
    });
    answer(&value.await?)
}

/// Returns the groups that have offsets in a topic, or subscribe to it, sorted.
pub(super) fn consumers_of(broker: &BrokerState, topic: &str) -> Vec<String> {
    let mut groups = broker.offsets.groups_of(topic);
    groups.extend(broker.clients.subscribers(topic));
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn topics_of(broker: &BrokerState, group: &str) -> BTreeSet<String> {
    broker.offsets.topics_of(group).into_iter().collect()
}

fn lag_in(broker: &BrokerState, group: &str, topic: &str) -> i64 {
    queues(broker, group, topic).map(|queue| queue.lag).sum()
}

/// Returns how far a group is behind in the topics that it has offsets in; `None` if they have more than
/// `left` queues, which is then less by those.
fn lag_of_all(broker: &BrokerState, group: &str, left: &mut usize) -> Option<i64> {
    let mut lag = 0;
    for topic in topics_of(broker, group) {
        for queue in queues(broker, group, &topic) {
            *left = left.checked_sub(1)?;
            lag += queue.lag;
        }
    }
    Some(lag)
}

/// Returns the topic of a group's dead letters, if there is one.
fn dead_letters(broker: &BrokerState, group: &str) -> Option<Arc<Topic>> {
    broker.topics.get(&names::dead_letters(group))
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

/// Deletes a group and its offsets. Its retries and dead letters stay.
pub(super) async fn delete(State(shared): State<Arc<Shared>>, Name(name): Name) -> Answer {
    if !shared.broker.groups.contains(&name) {
        return Err(missing(&name));
    }
    let (broker, group_name) = (Arc::clone(&shared.broker), name.clone());
    let header = DeleteSubscriptionGroupRequestHeader { group_name, clean_offset: true };
    change(&shared, settings_requests::delete(Broker(broker), Header(header))).await?;
    answer(&json!({ "name": name }))
}
