//! All groups, with their numbers of members and how far behind they are.

use super::state::State;
use crate::cluster::{Master, each, masters};
use crate::failure::Failure;
use crate::link::Link;
use crate::output::{Align, Out, Table};
use rocketmq_tower::protocol::SubscriptionGroupWrapper;
use rocketmq_tower::{RemotingCommand, RequestCode};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The groups that every broker has, as in Java's `MixAll.isSysConsumerGroup`; beside those that begin with
/// `CID_RMQ_SYS_`.
const OF_SYSTEM: [&str; 8] = [
    "CID_ONS-HTTP-PROXY",
    "CID_ONSAPI_OWNER",
    "CID_ONSAPI_PERMISSION",
    "CID_ONSAPI_PULL",
    "DEFAULT_CONSUMER",
    "FILTERSRV_CONSUMER",
    "SELF_TEST_C_GROUP",
    "TOOLS_CONSUMER",
];

pub(super) async fn run(link: &Link, all: bool, out: &mut Out) -> Result<(), Failure> {
    let masters = Arc::new(masters(link).await?);
    let mut names = names(link, &masters).await?;
    if !all {
        names.retain(|name| !is_of_system(name));
    }
    let names = Vec::from_iter(names);
    let progress = out.progress(names.len() as u64, "groups");
    let asked = each(names.clone(), &progress, |name| {
        let (link, masters) = (link.clone(), Arc::clone(&masters));
        async move { State::ask(&link, &masters, &name).await }
    });
    let states = asked.await?;
    drop(progress);
    let mut table = Table::new(COLUMNS);
    for (name, state) in names.into_iter().zip(states) {
        let state = state.map_err(|failure| failure.at(&name))?;
        let (members, topics, lag) = (state.members.len(), topics(&state), state.lag());
        if out.is_json {
            let json = json!({ "group": name, "members": members, "topics": topics, "lag": lag });
            out.line(|| json, String::new)?;
        } else {
            table.row([name, members.to_string(), topics.to_string(), lag.to_string()]);
        }
    }
    match out.is_json {
        true => Ok(()),
        false => out.text(&table.text()),
    }
}

const COLUMNS: [(&str, Align); 4] = [
    ("GROUP", Align::Left),
    ("MEMBERS", Align::Right),
    ("TOPICS", Align::Right),
    ("LAG", Align::Right),
];

fn is_of_system(name: &str) -> bool {
    name.starts_with("CID_RMQ_SYS_") || OF_SYSTEM.contains(&name)
}

/// Returns the number of topics that the group consumes.
fn topics(state: &State) -> usize {
    state.queues.keys().map(|queue| &queue.topic).collect::<BTreeSet<_>>().len()
}

/// Returns the names of all groups that a broker knows.
pub(super) async fn names(link: &Link, masters: &[Master]) -> Result<BTreeSet<String>, Failure> {
    let mut names = BTreeSet::new();
    for master in masters {
        let request = RemotingCommand::request(RequestCode::GET_ALL_SUBSCRIPTIONGROUP_CONFIG);
        let response = link.call(&master.addr, request).await;
        let response = response.map_err(|failure| failure.at(&master.name))?;
        let groups: SubscriptionGroupWrapper = response.json()?;
        names.extend(groups.subscription_group_table.into_keys());
    }
    Ok(names)
}
