//! Requests of administration tools to the name server.

use super::NameServerState;
use crate::properties_text::{read, unchangeable, write};
use crate::refusal::refuse;
use crate::topics::names;
use rocketmq_tower::protocol::{DeleteTopicRequestHeader, perm};
use rocketmq_tower::{Body, BoxError, Header, RemotingCommand, RequestCode, ResponseCode, State};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// `DELETE_TOPIC_IN_NAMESRV`. Tools delete a topic in the broker first. While the broker has it, it comes back as it does
/// in Java's name server: with the broker's next registration, within 30 s, or when it is changed.
pub(super) async fn delete_topic(
    State(server): State<Arc<NameServerState>>,
    Header(header): Header<DeleteTopicRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    let (name, broker) = (&header.topic, &server.broker);
    let is_of = |cluster: &String| cluster.trim().is_empty() || *cluster == broker.identity.cluster;
    let is_there = broker.topics.get(name).is_some() || names::is_default(name);
    if is_there && header.cluster_name.as_ref().is_none_or(is_of) {
        broker.topics.unlist(name, broker.clock.now_ms())?;
    }
    Ok(ResponseCode::SUCCESS)
}

/// `WIPE_WRITE_PERM_OF_BROKER` and `ADD_WRITE_PERM_OF_BROKER`: whether routes let producers send to the
/// broker, until the process ends. The answer has the number of topics that are affected.
pub(super) async fn set_write_permission(
    State(server): State<Arc<NameServerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let broker = request.ext_fields().get("brokerName");
    let broker = broker.ok_or_else(|| {
        refuse(ResponseCode::SYSTEM_ERROR, "the request does not name a broker in brokerName")
    })?;
    let wipes = request.request_code() == RequestCode::WIPE_WRITE_PERM_OF_BROKER;
    let count = match broker == server.broker.identity.name {
        true => {
            server.write_wiped.store(wipes, Relaxed);
            // And the default topic, which is not stored.
            server.broker.topics.len() + 1
        }
        false => 0,
    };
    let field = if wipes { "wipeTopicCount" } else { "addTopicCount" };
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    Ok(response.with_ext_field(field, &count.to_string()))
}

/// `GET_NAMESRV_CONFIG`
pub(super) async fn config(State(server): State<Arc<NameServerState>>) -> Body {
    Body(write(&server.values()).into())
}

/// `UPDATE_NAMESRV_CONFIG`: nothing of it can be changed.
pub(super) async fn update_config(
    State(server): State<Arc<NameServerState>>,
    Body(body): Body,
) -> Result<ResponseCode, BoxError> {
    let known = server.values();
    let mut changes = read(&body)?.into_iter();
    let is_change =
        |(name, value): &(&str, &str)| known.get(name).is_none_or(|known| known != value);
    match changes.find(is_change) {
        Some((name, _)) => Err(unchangeable(name)),
        None => Ok(ResponseCode::SUCCESS),
    }
}

impl NameServerState {
    /// Returns what routes let clients do with a topic that has this permission.
    pub(super) fn permitted(&self, of_topic: i32) -> i32 {
        let of_broker = match self.write_wiped.load(Relaxed) {
            true => self.broker.settings.permission() & !perm::WRITE,
            false => self.broker.settings.permission(),
        };
        of_topic & (of_broker | !(perm::READ | perm::WRITE))
    }

    fn values(&self) -> BTreeMap<&'static str, String> {
        let listens = &self.broker.settings.options.name_server_listen;
        let port = listens.rsplit_once(':').map_or("0", |(_, port)| port);
        let values = [
            ("listenPort", port),
            ("enableTopicList", "true"),
            ("enableAllTopicList", "true"),
            ("orderMessageEnable", "false"),
            ("clusterTest", "false"),
            ("supportActingMaster", "false"),
            ("enableControllerInNamesrv", "false"),
        ];
        values.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
    }
}
