//! The members and the queues of a group.

use super::list;
use super::state::{State, lag};
use crate::cluster::masters;
use crate::failure::Failure;
use crate::link::Link;
use crate::output::{Align, Out, Table, time};
use rocketmq_tower::ResponseCode;
use serde_json::json;

pub(super) async fn run(link: &Link, group: &str, out: &mut Out) -> Result<(), Failure> {
    let masters = masters(link).await?;
    let state = State::ask(link, &masters, group).await?;
    let is_unknown = state.members.is_empty() && state.queues.is_empty();
    if is_unknown && !list::names(link, &masters).await?.contains(group) {
        return Err(Failure::Refused {
            code: Some(ResponseCode::SUBSCRIPTION_GROUP_NOT_EXIST),
            text: format!("no broker knows the group {group}"),
        });
    }
    match out.is_json {
        true => print_json(&state, group, out),
        false => out.text(&human(&state)),
    }
}

fn print_json(state: &State, group: &str, out: &mut Out) -> Result<(), Failure> {
    for member in state.members.values() {
        let json = json!({
            "kind": "member",
            "group": group,
            "id": member.client_id,
            "address": member.client_addr,
            "language": member.language,
            "version": member.version,
            "subscriptions": state.subscriptions,
        });
        out.line(|| json, String::new)?;
    }
    for (queue, of) in &state.queues {
        let json = json!({
            "kind": "queue",
            "group": group,
            "topic": queue.topic,
            "broker": queue.broker_name,
            "queue": queue.queue_id,
            "maxOffset": of.broker_offset,
            "offset": of.consumer_offset,
            "lag": lag(of),
            "consumed": (of.last_timestamp > 0).then_some(of.last_timestamp),
        });
        out.line(|| json, String::new)?;
    }
    Ok(())
}

fn human(state: &State) -> String {
    let mut members =
        Table::new([("MEMBER", Align::Left), ("ADDRESS", Align::Left), ("LANGUAGE", Align::Left)]);
    for member in state.members.values() {
        let (id, addr) = (member.client_id.clone(), member.client_addr.clone());
        members.row([id, addr, member.language.clone()]);
    }
    let mut subscriptions = Table::new([("TOPIC", Align::Left), ("SUBSCRIPTION", Align::Left)]);
    for (topic, expression) in &state.subscriptions {
        subscriptions.row([topic.clone(), expression.clone()]);
    }
    let mut queues = Table::new([
        ("TOPIC", Align::Left),
        ("BROKER", Align::Left),
        ("QUEUE", Align::Right),
        ("OFFSET", Align::Right),
        ("MAX", Align::Right),
        ("LAG", Align::Right),
        ("CONSUMED UP TO", Align::Left),
    ]);
    for (queue, of) in &state.queues {
        let consumed = match of.last_timestamp {
            1.. => time::text(of.last_timestamp),
            _ => "-".to_owned(),
        };
        queues.row([
            queue.topic.clone(),
            queue.broker_name.clone(),
            queue.queue_id.to_string(),
            of.consumer_offset.to_string(),
            of.broker_offset.to_string(),
            lag(of).to_string(),
            consumed,
        ]);
    }
    let parts = [members.text(), subscriptions.text(), queues.text()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}
