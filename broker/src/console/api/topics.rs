//! Topics: lists, one of them, its creation, its changes and its end.

use super::super::Shared;
use super::super::answer::{Answer, ApiError, Change, Name, Page, Params, answer};
use super::{change, report};
use crate::attributes::{AttributeChanges, Attributes, OF_TOPICS};
use crate::requests::admin::topics as requests;
use crate::statistics::Span;
use crate::topics::{Topic, names, system};
use axum::extract::State;
use rocketmq_tower::protocol::{
    CreateTopicRequestHeader, DeleteTopicRequestHeader, TopicFilterType, perm,
};
use rocketmq_tower::{Header, State as Broker};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The purpose of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// One that applications send to.
    Application,
    /// One of a group, for messages that it gets again, or has failed to consume.
    Retry,
    DeadLetters,
    /// One of the broker's own.
    System,
}

impl Kind {
    fn of(shared: &Shared, name: &str) -> Self {
        if names::is_of_dead_letters(name) {
            Self::DeadLetters
        } else if names::is_of_group(name) {
            Self::Retry
        } else if system::is_system(&shared.broker.identity, name) {
            Self::System
        } else {
            Self::Application
        }
    }
}

#[derive(Deserialize)]
pub(super) struct TopicsQuery {
    /// All of them if absent.
    kind: Option<Kind>,
    /// Those of applications that most messages are stored in now, in one page.
    #[serde(default)]
    busiest: bool,
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Params(page): Params<Page>,
    Params(TopicsQuery { kind, busiest }): Params<TopicsQuery>,
) -> Answer {
    let kind = if busiest { Some(Kind::Application) } else { kind };
    let value = report(&shared, move |shared| {
        let mut topics = shared.broker.topics.all();
        topics.retain(|topic| kind.is_none_or(|kind| kind == Kind::of(shared, &topic.name)));
        let (topics, next) = match busiest {
            true => (busiest_of(topics, page.size()), None),
            false => page.of(topics, |topic| &topic.name),
        };
        let items: Vec<_> = topics.iter().map(|topic| summary(shared, topic)).collect();
        Ok(json!({ "items": items, "next": next }))
    });
    answer(&value.await?)
}

/// Returns those with the highest rates, and of the same rate those with most messages.
fn busiest_of(topics: Vec<Arc<Topic>>, size: usize) -> Vec<Arc<Topic>> {
    let mut rated: Vec<_> =
        topics.into_iter().map(|topic| (rate_in(&topic), messages(&topic), topic)).collect();
    rated.sort_unstable_by(|one, other| {
        let by_name = one.2.name.cmp(&other.2.name);
        other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)).then(by_name)
    });
    rated.into_iter().take(size).map(|(_, _, topic)| topic).collect()
}

/// Returns the messages per second of the last minute.
fn rate_in(topic: &Topic) -> f64 {
    topic.puts().map_or(0.0, |puts| puts.item.messages_in(Span::Minute).rate)
}

fn summary(shared: &Shared, topic: &Topic) -> Value {
    json!({
        "name": topic.name,
        "kind": Kind::of(shared, &topic.name),
        "read_queues": topic.settings.read_queues,
        "write_queues": topic.settings.write_queues,
        "messages": messages(topic),
        "rate_in": rate_in(topic),
    })
}

/// Returns the number of messages in all queues of a topic.
pub(super) fn messages(topic: &Topic) -> i64 {
    topic.queues().iter().map(|queue| (queue.max() - queue.min()).max(0)).sum()
}

/// Answers with a topic, and a page of its queues: `after` is the number of a queue.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
    Params(page): Params<Page>,
) -> Answer {
    let topic = shared.broker.topics.find(&name)?;
    let (first, size) = (first_queue(&page)?, page.size());
    let all = topic.queues().len();
    let queues = topic.queues().iter().enumerate().skip(first).take(size);
    let queues: Vec<_> = queues
        .map(|(id, queue)| json!({ "queue": id, "min": queue.min(), "max": queue.max() }))
        .collect();
    let next = (first + queues.len() < all).then(|| first + queues.len() - 1);
    let mut value = summary(&shared, &topic);
    value["perm"] = json!({
        "read": topic.settings.perm & perm::READ != 0,
        "write": topic.settings.perm & perm::WRITE != 0,
    });
    value["order"] = topic.settings.order.into();
    value["attributes"] = json!(topic.settings.attributes);
    value["items"] = queues.into();
    value["next"] = json!(next.map(|next| next.to_string()));
    answer(&value)
}

/// Returns the number of the first queue of a page.
pub(super) fn first_queue(page: &Page) -> Result<usize, ApiError> {
    let Some(after) = &page.after else { return Ok(0) };
    let after: u16 =
        after.parse().map_err(|_| ApiError::bad_request("after: the number of a queue"))?;
    Ok(usize::from(after) + 1)
}

#[derive(Deserialize)]
pub(super) struct NewTopic {
    name: String,
    queues: u32,
    #[serde(default)]
    order: bool,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// Creates a topic. One that exists is not changed.
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Change(new): Change<NewTopic>,
) -> Answer {
    if shared.broker.topics.get(&new.name).is_some() {
        let text = format!("there is a topic {} already", new.name);
        return Err(ApiError::new(axum::http::StatusCode::CONFLICT, text));
    }
    let wanted = new.attributes.into_iter().map(|(name, value)| (name, Some(value)));
    let attributes = attributes(wanted.collect(), None)?;
    let queues = i32::try_from(new.queues).unwrap_or(i32::MAX);
    let name = new.name.clone();
    let header = CreateTopicRequestHeader {
        topic: new.name,
        default_topic: String::new(),
        read_queue_nums: queues,
        write_queue_nums: queues,
        perm: perm::READ | perm::WRITE,
        order: Some(new.order),
        attributes: Some(attributes),
        ..CreateTopicRequestHeader::default()
    };
    let broker = Arc::clone(&shared.broker);
    change(&shared, requests::create(Broker(broker), Header(header))).await?;
    answer(&json!({ "name": name }))
}

/// Changes of a topic. What is absent stays as it is.
#[derive(Deserialize)]
pub(super) struct TopicChange {
    /// The number of queues to read, and to write.
    queues: Option<u32>,
    /// Whether clients may read, and write.
    read: Option<bool>,
    write: Option<bool>,
    order: Option<bool>,
    /// `null` removes one.
    #[serde(default)]
    attributes: BTreeMap<String, Option<String>>,
}

/// Changes the settings of a topic that exists.
pub(super) async fn edit(
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
    Change(wanted): Change<TopicChange>,
) -> Answer {
    let settings = shared.broker.topics.find(&name)?.settings.clone();
    let attributes = attributes(wanted.attributes, Some(&settings.attributes))?;
    let queues = wanted.queues.map(|queues| i32::try_from(queues).unwrap_or(i32::MAX));
    let mut perm = settings.perm;
    for (bit, may) in [(perm::READ, wanted.read), (perm::WRITE, wanted.write)] {
        match may {
            Some(true) => perm |= bit,
            Some(false) => perm &= !bit,
            None => {}
        }
    }
    let now = settings.config(&name);
    let header = CreateTopicRequestHeader {
        topic: name.clone(),
        read_queue_nums: queues.unwrap_or(now.read_queue_nums),
        write_queue_nums: queues.unwrap_or(now.write_queue_nums),
        perm,
        topic_filter_type: Some(filter_type(now.topic_filter_type).to_owned()),
        topic_sys_flag: Some(now.topic_sys_flag),
        order: Some(wanted.order.unwrap_or(now.order)),
        attributes: Some(attributes),
        ..CreateTopicRequestHeader::default()
    };
    let broker = Arc::clone(&shared.broker);
    change(&shared, requests::create(Broker(broker), Header(header))).await?;
    answer(&json!({ "name": name }))
}

fn filter_type(kind: TopicFilterType) -> &'static str {
    match kind {
        TopicFilterType::MultiTag => "MULTI_TAG",
        _ => "SINGLE_TAG",
    }
}

/// Returns changes of attributes as tools write them; `known` are those of a topic that exists. One that it
/// does not have need not be removed.
fn attributes(
    wanted: BTreeMap<String, Option<String>>,
    known: Option<&Attributes>,
) -> Result<String, ApiError> {
    let is_known = |name: &str| known.is_some_and(|known| known.contains_key(name));
    let changes = wanted.into_iter().filter_map(|(name, value)| match value {
        Some(value) => Some(format!("+{name}={value}")),
        None => is_known(&name).then(|| format!("-{name}")),
    });
    let text = changes.collect::<Vec<_>>().join(",");
    let checked = AttributeChanges::parse(&text).and_then(|of| of.apply(OF_TOPICS, known));
    checked.map_err(|error| ApiError::bad_request(error.to_string()))?;
    Ok(text)
}

/// Deletes a topic with its messages, and the offsets of groups in it.
pub(super) async fn delete(State(shared): State<Arc<Shared>>, Name(name): Name) -> Answer {
    shared.broker.topics.find(&name)?;
    let (broker, topic) = (Arc::clone(&shared.broker), name.clone());
    let header = DeleteTopicRequestHeader { topic, ..DeleteTopicRequestHeader::default() };
    change(&shared, requests::delete(Broker(broker), Header(header))).await?;
    answer(&json!({ "name": name }))
}
