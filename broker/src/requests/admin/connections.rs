//! Lists of clients: `GET_CONSUMER_CONNECTION_LIST` and others.

use super::{answer, blocking};
use crate::clients::ClientReport;
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::protocol::{
    ClientConnection, ConsumerConnection, GetConsumerConnectionListRequestHeader,
    GetProducerConnectionListRequestHeader, ProducerConnection, SubscriptionData,
};
use rocketmq_tower::{Body, BoxError, Header, ResponseCode, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

fn connection(client: ClientReport) -> ClientConnection {
    ClientConnection {
        client_addr: client.address,
        client_id: (*client.id).to_owned(),
        language: client.language.to_string(),
        version: client.version.as_i32(),
    }
}

/// `GET_CONSUMER_CONNECTION_LIST`
pub(super) async fn consumers(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<GetConsumerConnectionListRequestHeader>,
) -> Result<Body, BoxError> {
    let group = header.consumer_group;
    let report = broker.clients.report(&group).ok_or_else(|| {
        let text = format!("the consumer group[{group}] not online");
        refuse(ResponseCode::CONSUMER_NOT_ONLINE, text)
    })?;
    blocking(move || {
        let subscriptions = report.subscriptions.iter().map(|sent| sent.data());
        answer(&ConsumerConnection {
            connection_set: report.clients.into_iter().map(connection).collect(),
            consume_from_where: report.kind.consume_from_where,
            consume_type: report.kind.consume_type,
            message_model: report.kind.message_model,
            subscription_table: subscriptions.map(|data| (data.topic.clone(), data)).collect(),
        })
    })
    .await
}

/// `GET_PRODUCER_CONNECTION_LIST`
pub(super) async fn producers(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<GetProducerConnectionListRequestHeader>,
) -> Result<Body, BoxError> {
    let group = header.producer_group;
    let producers = broker.clients.producers(&group).ok_or_else(|| {
        refuse(ResponseCode::SYSTEM_ERROR, format!("the producer group[{group}] not exist"))
    })?;
    let connection_set = producers.into_iter().map(connection).collect();
    answer(&ProducerConnection { connection_set })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Producer {
    client_id: String,
    language: String,
    last_update_timestamp: i64,
    #[serde(rename = "remoteIP")]
    remote_ip: String,
    version: i32,
}

/// `GET_ALL_PRODUCER_INFO`
pub(super) async fn all_producers(
    State(broker): State<Arc<BrokerState>>,
) -> Result<Body, BoxError> {
    blocking(move || {
        let mut data: BTreeMap<Arc<str>, Vec<Producer>> = BTreeMap::new();
        for producer in broker.clients.all_producers() {
            let client = connection(producer.client);
            data.entry(producer.group).or_default().push(Producer {
                client_id: client.client_id,
                language: client.language,
                last_update_timestamp: producer.seen,
                remote_ip: client.client_addr,
                version: client.version,
            });
        }
        let data = data.iter().map(|(group, producers)| (&**group, producers));
        answer(&BTreeMap::from([("data", data.collect::<BTreeMap<_, _>>())]))
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct SubscriptionQuery {
    group: String,
    topic: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionAnswer {
    group: String,
    subscription_data: Option<SubscriptionData>,
    topic: String,
}

/// `QUERY_SUBSCRIPTION_BY_CONSUMER`
pub(super) async fn subscription(
    State(broker): State<Arc<BrokerState>>,
    Header(query): Header<SubscriptionQuery>,
) -> Result<Body, BoxError> {
    let SubscriptionQuery { group, topic } = query;
    let subscription = broker.clients.subscription(&group, &topic);
    let subscription_data = subscription.map(|sent| sent.data());
    answer(&SubscriptionAnswer { group, subscription_data, topic })
}
