//! `VIEW_BROKER_STATS_DATA`: one statistic, over the last minute, hour and day.

use super::answer;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::statistics::{Counted, Span, StatsItem};
use rocketmq_tower::{Body, BoxError, Header, ResponseCode, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Query {
    stats_name: String,
    stats_key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    stats_day: Values,
    stats_hour: Values,
    stats_minute: Values,
}

#[derive(Serialize)]
struct Values {
    avgpt: f64,
    sum: u64,
    tps: f64,
}

pub(super) async fn one(
    State(broker): State<Arc<BrokerState>>,
    Header(query): Header<Query>,
) -> Result<Body, BoxError> {
    let (name, key) = (&query.stats_name, &query.stats_key);
    let found = find(&broker, name, key).ok_or_else(|| {
        refuse(ResponseCode::SYSTEM_ERROR, format!("The stats <{name}> <{key}> not exist"))
    })?;
    let of = |span| {
        let Counted { sum, rate, mean } = found(span);
        Values { avgpt: mean, sum, tps: rate }
    };
    answer(&Answer {
        stats_day: of(Span::Day),
        stats_hour: of(Span::Hour),
        stats_minute: of(Span::Minute),
    })
}

/// Returns the counts of a span.
type Reader = Box<dyn Fn(Span) -> Counted + Send>;

/// Returns a statistic, if something was counted for it.
fn find(broker: &Arc<BrokerState>, name: &str, key: &str) -> Option<Reader> {
    let is_size = name.ends_with("_SIZE");
    let read = move |item: &StatsItem, span| match is_size {
        true => item.bytes_in(span),
        false => item.messages_in(span),
    };
    match name {
        "TOPIC_PUT_NUMS" | "TOPIC_PUT_SIZE" => {
            let puts = Arc::clone(broker.topics.get(key)?.puts()?);
            let reader: Reader = Box::new(move |span| read(&puts.item, span));
            (puts_count(broker, key) > 0).then_some(reader)
        }
        "GROUP_GET_NUMS" | "GROUP_GET_SIZE" | "SNDBCK_PUT_NUMS" => {
            let (topic, group) = key.split_once('@')?;
            let stats = broker.statistics.groups.get(group, topic)?;
            let sent_back = name == "SNDBCK_PUT_NUMS";
            let count = if sent_back { stats.send_backs.times() } else { stats.gets.times() };
            let reader: Reader = Box::new(move |span| match sent_back {
                true => stats.send_backs.messages_in(span),
                false => read(&stats.gets, span),
            });
            (count > 0).then_some(reader)
        }
        _ if key == broker.identity.cluster => {
            let of = of_broker(broker, name)?;
            let broker = Arc::clone(broker);
            let name = name.to_owned();
            let reader: Reader = Box::new(move |span| {
                of_broker(&broker, &name).map(|item| item.messages_in(span)).unwrap_or_default()
            });
            (of.times() > 0).then_some(reader)
        }
        _ => None,
    }
}

fn puts_count(broker: &BrokerState, topic: &str) -> u64 {
    let topic = broker.topics.get(topic);
    topic.as_ref().and_then(|topic| topic.puts()).map_or(0, |puts| puts.item.times())
}

fn of_broker<'a>(broker: &'a BrokerState, name: &str) -> Option<&'a StatsItem> {
    let statistics = &broker.statistics;
    Some(match name {
        "BROKER_PUT_NUMS" => &statistics.puts.all,
        "BROKER_PUT_NUMS_WITHOUT_SYSTEM_TOPIC" => &statistics.puts.of_applications,
        "BROKER_GET_NUMS" => &statistics.gets,
        "BROKER_GET_NUMS_WITHOUT_SYSTEM_TOPIC" => &statistics.gets_of_applications,
        _ => return None,
    })
}
