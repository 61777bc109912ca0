//! Lists of topics, and of the groups that consume them.

use super::{answer, blocking};
use crate::state::BrokerState;
use crate::topics::{names, system};
use rocketmq_tower::protocol::{
    DataVersion, GetAllTopicConfigRequestHeader, GetAllTopicConfigResponseHeader, GroupList,
    QueryTopicConsumeByWhoRequestHeader, QueryTopicsByConsumerRequestHeader,
    TopicConfigSerializeWrapper, TopicList, json,
};
use rocketmq_tower::{Body, BoxError, Header, Json, RemotingCommand, State};
use std::ops::Range;
use std::sync::Arc;

/// The maximum number of topics, or groups, of a page: Java's `splitMetadataSize`.
pub(super) const MAX_PAGE: usize = 2000;

/// `GET_ALL_TOPIC_CONFIG`, all or a page of them, in order of their names.
pub(super) async fn all(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<(Header<GetAllTopicConfigResponseHeader>, Body), BoxError> {
    let header: GetAllTopicConfigRequestHeader = request.header()?;
    let data_version = broker.topics.version.get();
    let known = request.ext_fields().get("dataVersion");
    let is_paged = header.topic_seq.is_some() || header.max_topic_num.is_some() || known.is_some();
    let is_same = known.is_some_and(|known| is_version(known, &data_version));
    blocking(move || {
        let mut topics = broker.topics.all();
        topics.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let configs = topics.iter().map(|topic| topic.settings.config(&topic.name));
        // Not stored, but all tools know it.
        let configs = configs.chain([system::default_topic().config(names::DEFAULT)]);
        let total = topics.len() + 1;
        let range = match is_paged {
            true => page(header.topic_seq, header.max_topic_num, is_same, total),
            false => 0..total,
        };
        let configs = configs.skip(range.start).take(range.len());
        let configs = configs.map(|config| (config.topic_name.clone(), config)).collect();
        let body =
            answer(&TopicConfigSerializeWrapper { data_version, topic_config_table: configs })?;
        let total_topic_num = Some(i32::try_from(total).unwrap_or(i32::MAX));
        Ok((Header(GetAllTopicConfigResponseHeader { total_topic_num }), body))
    })
    .await
}

/// Returns whether a client has seen this version.
pub(super) fn is_version(known: &str, version: &DataVersion) -> bool {
    json::from_slice::<DataVersion>(known.as_bytes()).is_ok_and(|known| known == *version)
}

/// Returns the places of a page. It is the first one if anything has changed since the last one.
pub(super) fn page(
    first: Option<i32>,
    count: Option<i32>,
    is_same: bool,
    total: usize,
) -> Range<usize> {
    let number = |number: i32| usize::try_from(number).unwrap_or(0);
    let first = first.filter(|_| is_same).map_or(0, number).min(total);
    let count = count.map_or(MAX_PAGE, number).min(MAX_PAGE);
    first..total.min(first + count)
}

/// `GET_SYSTEM_TOPIC_LIST_FROM_BROKER`
pub(super) async fn system(State(broker): State<Arc<BrokerState>>) -> Json<TopicList> {
    let topic_list = system::all_names(&broker.identity);
    Json(TopicList { topic_list, ..Default::default() })
}

/// `QUERY_TOPIC_CONSUME_BY_WHO`: groups that have subscribed to a topic, or have offsets in it.
pub(super) async fn consumed_by(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<QueryTopicConsumeByWhoRequestHeader>,
) -> Result<Body, BoxError> {
    blocking(move || {
        let mut group_list = broker.offsets.groups_of(&header.topic);
        group_list.extend(broker.clients.subscribers(&header.topic));
        group_list.sort_unstable();
        group_list.dedup();
        answer(&GroupList { group_list })
    })
    .await
}

/// `QUERY_TOPICS_BY_CONSUMER`: topics in which a group has offsets.
pub(super) async fn of_group(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<QueryTopicsByConsumerRequestHeader>,
) -> Result<Body, BoxError> {
    blocking(move || {
        let topic_list = broker.offsets.topics_of(&header.group);
        answer(&TopicList { broker_addr: Some(broker.identity.address.clone()), topic_list })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{MAX_PAGE, page};

    #[test]
    fn a_page_is_within_the_list_and_the_first_one_after_a_change() {
        assert_eq!(page(Some(0), Some(10), false, 25), 0..10);
        assert_eq!(page(Some(20), Some(10), true, 25), 20..25);
        assert_eq!(page(Some(30), Some(10), true, 25), 25..25);
        assert_eq!(page(Some(20), Some(10), false, 25), 0..10);
        assert_eq!(page(None, None, true, 5000), 0..MAX_PAGE);
        assert_eq!(page(Some(-5), Some(i32::MAX), true, 5000), 0..MAX_PAGE);
        assert_eq!(page(Some(1), Some(-1), true, 5000), 1..1);
    }
}
