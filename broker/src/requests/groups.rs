//! Requests about members of groups: lists of members, and the end of a membership.

use super::in_turn;
use crate::filter::Filter;
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::protocol::{
    CheckClientRequestBody, ConsumerList, GetConsumerListByGroupRequestHeader,
    UnregisterClientRequestHeader,
};
use rocketmq_tower::{BoxError, Channel, Header, Json, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// `UNREGISTER_CLIENT`. A client leaves on its own connection only.
pub(crate) async fn unregister(
    State(broker): State<Arc<BrokerState>>,
    channel: Channel,
    Header(left): Header<UnregisterClientRequestHeader>,
) -> ResponseCode {
    let (producer, consumer) = (left.producer_group.as_deref(), left.consumer_group.as_deref());
    broker.clients.leaves(&channel, &left.client_id, producer, consumer);
    ResponseCode::SUCCESS
}

/// `GET_CONSUMER_LIST_BY_GROUP`
pub(crate) async fn consumers(
    State(broker): State<Arc<BrokerState>>,
    Header(asked): Header<GetConsumerListByGroupRequestHeader>,
) -> Result<Json<ConsumerList>, BoxError> {
    let ids = broker.clients.consumers(&asked.consumer_group);
    if ids.is_empty() {
        let text = format!("the group {} has no members", asked.consumer_group);
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    Ok(Json(ConsumerList { consumer_id_list: ids.iter().map(|id| id.to_string()).collect() }))
}

/// `CHECK_CLIENT_CONFIG`: checks whether the broker supports the filter of a subscription.
pub(crate) async fn check_config(
    State(broker): State<Arc<BrokerState>>,
    channel: Channel,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    in_turn(broker, channel, request, |_, _, request| {
        let config: CheckClientRequestBody = request.json()?;
        if let Some(data) = config.subscription_data {
            Filter::parse(&data.expression_type, &data.sub_string)?;
        }
        Ok(ResponseCode::SUCCESS)
    })
    .await
}
