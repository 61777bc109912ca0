//! Requests of administration tools to the name server.

use super::NameServerState;
use crate::properties_text::{read, unchangeable, write};
use crate::refusal::refuse;
use rocketmq_tower::protocol::{DeleteTopicRequestHeader, perm};
use rocketmq_tower::{Body, BoxError, Header, RemotingCommand, RequestCode, ResponseCode, State};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// `DELETE_TOPIC_IN_NAMESRV`. The name server has the topics of its broker. Tools delete a topic there
/// first; before, it stays, which Java's name server finds out at the broker's next registration.
pub(super) async fn delete_topic(
    State(server): State<Arc<NameServerState>>,
    Header(header): Header<DeleteTopicRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    let topic = header.topic;
    let other =
        |cluster: &String| !cluster.is_empty() && *cluster != server.broker.identity.cluster;
    if server.broker.topics.get(&topic).is_none() || header.cluster_name.as_ref().is_some_and(other)
    {
        return Ok(ResponseCode::SUCCESS);
    }
    let text = format!("the broker still has the topic {topic}: delete it there first");
    Err(refuse(ResponseCode::SYSTEM_ERROR, text))
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
