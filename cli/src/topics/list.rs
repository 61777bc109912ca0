//! All topics, with their numbers of queues and messages.

use super::show::{Queue, queues};
use crate::cluster::{each, masters};
use crate::failure::Failure;
use crate::link::Link;
use crate::output::{Align, Out, Table};
use rocketmq_tower::protocol::TopicList;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use serde_json::json;
use std::collections::BTreeSet;

/// The beginnings of the names of topics that are not the user's: retries, dead letters, and Java's `rmq_sys_`.
const NOT_OF_USERS: [&str; 3] = ["%RETRY%", "%DLQ%", "rmq_sys_"];

/// Topics that cannot be asked about are in the list, and the first of their failures is returned.
pub(super) async fn run(link: &Link, all: bool, out: &mut Out) -> Result<(), Failure> {
    let names = names(link, all).await?;
    let progress = out.progress(names.len() as u64, "topics");
    let asked = each(names.clone(), &progress, |name| {
        let link = link.clone();
        async move { queues(&link, &name).await }
    });
    let answers = asked.await?;
    drop(progress);
    let (mut table, mut failed) = (Table::new(COLUMNS), None);
    for (name, answer) in names.into_iter().zip(answers) {
        let known = answer
            .as_ref()
            .ok()
            .map(|queues| (queues.len(), queues.iter().map(Queue::messages).sum::<i64>()));
        if out.is_json {
            let (queues, messages) = known.unzip();
            let json = json!({ "topic": name, "queues": queues, "messages": messages });
            out.line(|| json, String::new)?;
        } else {
            let text = |number: Option<String>| number.unwrap_or_else(|| "?".to_owned());
            let queues = text(known.map(|(queues, _)| queues.to_string()));
            let messages = text(known.map(|(_, messages)| messages.to_string()));
            table.row([name.clone(), queues, messages]);
        }
        match answer {
            // Deleted meanwhile, or the default topic, which has no queues.
            Err(Failure::Refused { code: Some(ResponseCode::TOPIC_NOT_EXIST), .. }) | Ok(_) => {}
            Err(failure) => _ = failed.get_or_insert(failure.at(&name)),
        }
    }
    if !out.is_json {
        out.text(&table.text())?;
    }
    failed.map_or(Ok(()), Err)
}

const COLUMNS: [(&str, Align); 3] =
    [("TOPIC", Align::Left), ("QUEUES", Align::Right), ("MESSAGES", Align::Right)];

/// Returns the names of topics, sorted.
async fn names(link: &Link, all: bool) -> Result<Vec<String>, Failure> {
    let request = RemotingCommand::request(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER);
    let list: TopicList = link.call_names(request).await?.json()?;
    let mut names = BTreeSet::from_iter(list.topic_list);
    if !all {
        names.retain(|name| !NOT_OF_USERS.iter().any(|prefix| name.starts_with(prefix)));
        for master in masters(link).await? {
            let code = RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_BROKER;
            let request = RemotingCommand::request(code);
            let list: TopicList = link.call(&master.addr, request).await?.json()?;
            for name in list.topic_list {
                names.remove(&name);
            }
        }
    }
    Ok(names.into_iter().collect())
}
