//! Topics: lists, one of them, its creation and its end.

use super::super::Shared;
use super::super::answer::{Answer, ApiError, Change, Name, Page, Params, answer};
use super::{change, report};
use crate::requests::admin::topics as requests;
use crate::statistics::Span;
use crate::topics::{Topic, system};
use axum::extract::State;
use rocketmq_tower::protocol::{CreateTopicRequestHeader, DeleteTopicRequestHeader, perm};
use rocketmq_tower::{Header, State as Broker};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn list(State(shared): State<Arc<Shared>>, Params(page): Params<Page>) -> Answer {
    let value = report(&shared, move |shared| {
        let (topics, next) = page.of(shared.broker.topics.all(), |topic| &topic.name);
        let items: Vec<_> = topics.iter().map(|topic| summary(shared, topic)).collect();
        Ok(json!({ "items": items, "next": next }))
    });
    answer(&value.await?)
}

fn summary(shared: &Shared, topic: &Topic) -> Value {
    let rate = topic.puts().map_or(0.0, |puts| puts.item.messages_in(Span::Minute).rate);
    json!({
        "name": topic.name,
        "system": system::is_system(&shared.broker.identity, &topic.name),
        "read_queues": topic.settings.read_queues,
        "write_queues": topic.settings.write_queues,
        "messages": messages(topic),
        "rate_in": rate,
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
    /// The value of the attribute `message.type`.
    message_type: Option<String>,
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
    let queues = i32::try_from(new.queues).unwrap_or(i32::MAX);
    let name = new.name.clone();
    let header = CreateTopicRequestHeader {
        topic: new.name,
        default_topic: String::new(),
        read_queue_nums: queues,
        write_queue_nums: queues,
        perm: perm::READ | perm::WRITE,
        order: Some(new.order),
        attributes: new.message_type.map(|kind| format!("+message.type={kind}")),
        ..CreateTopicRequestHeader::default()
    };
    let broker = Arc::clone(&shared.broker);
    change(&shared, requests::create(Broker(broker), Header(header))).await?;
    answer(&json!({ "name": name }))
}

/// Deletes a topic with its messages, and the offsets of groups in it.
pub(super) async fn delete(State(shared): State<Arc<Shared>>, Name(name): Name) -> Answer {
    shared.broker.topics.find(&name)?;
    let (broker, topic) = (Arc::clone(&shared.broker), name.clone());
    let header = DeleteTopicRequestHeader { topic, ..DeleteTopicRequestHeader::default() };
    change(&shared, requests::delete(Broker(broker), Header(header))).await?;
    answer(&json!({ "name": name }))
}
