//! `HEART_BEAT`, in both versions.

use super::heartbeat_body::{ConsumerOfBeat, HeartbeatBody};
use super::{check_client, in_turn};
use crate::clients::{ClientConnection, ConsumerBeat, GroupUpdate};
use crate::refusal::{Refused, refuse};
use crate::state::BrokerState;
use crate::topics::names;
use rocketmq_tower::protocol::{HeartbeatResponseHeader, json};
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// The maximum length of the name of a group of producers, in bytes, as in clients.
const MAX_PRODUCER_GROUP: usize = 255;

/// Notes all groups that can be noted. If one is refused, so is the heartbeat, which says why.
pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    channel: Channel,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    in_turn(broker, channel, request, beats).await
}

fn beats(
    broker: &BrokerState,
    channel: &Channel,
    request: &RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let beat: HeartbeatBody<'_> = json::from_slice(request.body())?;
    check_client(&beat.client_id)?;
    let connection = broker.clients.connection(channel);
    connection.note_program(request);
    let (mut refused, mut all) = (Refused::default(), GroupUpdate::default());
    beat.producer_data_set.note_others("groups of producers", &mut refused);
    beat.consumer_data_set.note_others("groups of consumers", &mut refused);
    for producer in &beat.producer_data_set.items {
        let name = &*producer.group_name;
        refused.note(producer_beats(broker, &connection, &beat.client_id, name));
    }
    for consumer in &beat.consumer_data_set.items {
        let beaten = consumer_beats(broker, &connection, &beat, consumer, &mut refused);
        let update = refused.note(beaten).unwrap_or_default();
        all.changed |= update.changed;
        all.needs_subscriptions |= update.needs_subscriptions;
    }
    refused.result()?;
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    if beat.heartbeat_fingerprint == 0 {
        return Ok(response);
    }
    let again = if beat.without_sub { all.needs_subscriptions } else { all.changed };
    Ok(response.with_header(&HeartbeatResponseHeader {
        is_support_heart_beat_v2: Some(true),
        is_sub_change: Some(again),
    })?)
}

fn producer_beats(
    broker: &BrokerState,
    connection: &ClientConnection,
    client: &str,
    group: &str,
) -> Result<(), BoxError> {
    if group.len() > MAX_PRODUCER_GROUP {
        let length = group.len();
        let text = format!("a group has at most {MAX_PRODUCER_GROUP} bytes, not {length}");
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    broker.clients.producer_beats(connection, client, group)
}

fn consumer_beats(
    broker: &BrokerState,
    connection: &ClientConnection,
    beat: &HeartbeatBody<'_>,
    consumer: &ConsumerOfBeat<'_>,
    refused: &mut Refused,
) -> Result<GroupUpdate, BoxError> {
    let group = &*consumer.group_name;
    names::check_group(group)?;
    let sent = &consumer.subscription_data_set;
    sent.note_others("subscriptions of a group", refused);
    let sent: Vec<_> = sent.items.iter().map(|sent| sent.as_sent()).collect();
    let subscriptions = (!beat.without_sub).then_some(&*sent);
    let beat =
        ConsumerBeat { client: &beat.client_id, group, kind: consumer.kind(), subscriptions };
    let update = broker.clients.consumer_beats(connection, &beat, refused)?;
    broker.groups.used(group);
    Ok(update)
}
