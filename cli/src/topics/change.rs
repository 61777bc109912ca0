//! Topics that are created and deleted.

use crate::cluster::{Master, masters, masters_of};
use crate::failure::Failure;
use crate::link::Link;
use crate::options::{CreateOptions, DeleteOptions};
use crate::output::Out;
use rocketmq_tower::protocol::{CreateTopicRequestHeader, DeleteTopicRequestHeader, perm};
use rocketmq_tower::{RemotingCommand, RequestCode};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) async fn create(
    link: &Link,
    options: CreateOptions,
    out: &mut Out,
) -> Result<(), Failure> {
    let attributes = options.message_type.map(|kind| format!("+message.type={}", kind.attribute()));
    let header = CreateTopicRequestHeader {
        topic: options.name.as_str(),
        default_topic: "TBW102",
        read_queue_nums: options.queues,
        write_queue_nums: options.queues,
        perm: perm::READ | perm::WRITE,
        topic_filter_type: Some("SINGLE_TAG"),
        topic_sys_flag: Some(0),
        order: Some(false),
        attributes: attributes.as_deref(),
    };
    for master in chosen(masters(link).await?, &options)? {
        let code = RequestCode::UPDATE_AND_CREATE_TOPIC;
        let request = RemotingCommand::request(code).with_header(&header)?;
        link.call(&master.addr, request).await.map_err(|failure| failure.at(&master.name))?;
        let (topic, broker, queues) = (&options.name, &master.name, options.queues);
        out.line(
            || json!({ "topic": topic, "broker": broker, "queues": queues }),
            || format!("{topic} has {queues} queues on {broker}"),
        )?;
    }
    Ok(())
}

/// Returns the masters that the options name.
fn chosen(masters: Vec<Master>, options: &CreateOptions) -> Result<Vec<Master>, Failure> {
    let is_named = |name: &Option<String>, of: &str| name.as_ref().is_none_or(|name| name == of);
    let chosen: Vec<_> = masters
        .into_iter()
        .filter(|master| is_named(&options.cluster, &master.cluster))
        .filter(|master| is_named(&options.broker, &master.name))
        .collect();
    let clusters: BTreeSet<_> = chosen.iter().map(|master| master.cluster.as_str()).collect();
    match clusters.len() {
        0 => Err(Failure::answer("no master broker has this name")),
        1 => Ok(chosen),
        _ => {
            let clusters = Vec::from_iter(clusters).join(", ");
            Err(Failure::Usage(format!("name one of the clusters with --cluster: {clusters}")))
        }
    }
}

/// First from its brokers, then from all name servers, as brokers tell these what they have.
pub(super) async fn delete(
    link: &Link,
    options: DeleteOptions,
    out: &mut Out,
) -> Result<(), Failure> {
    let topic = options.name.as_str();
    let header = DeleteTopicRequestHeader { topic, cluster_name: None };
    for (name, addr) in masters_of(link, topic).await? {
        let code = RequestCode::DELETE_TOPIC_IN_BROKER;
        let request = RemotingCommand::request(code).with_header(&header)?;
        link.call(&addr, request).await.map_err(|failure| failure.at(&name))?;
        out.line(
            || json!({ "topic": topic, "broker": name }),
            || format!("{topic} is deleted on {name}"),
        )?;
    }
    for addr in link.routes.name_servers().addrs() {
        let code = RequestCode::DELETE_TOPIC_IN_NAMESRV;
        let request = RemotingCommand::request(code).with_header(&header)?;
        link.call(&addr, request).await.map_err(|failure| failure.at(&addr.to_string()))?;
    }
    Ok(())
}
