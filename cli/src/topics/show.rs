//! The queues of a topic.

use crate::cluster::masters_of;
use crate::failure::Failure;
use crate::link::Link;
use crate::output::{Align, Out, Table, time};
use rocketmq_tower::protocol::{GetTopicStatsInfoRequestHeader, TopicStatsTable};
use rocketmq_tower::{RemotingCommand, RequestCode};
use serde_json::json;

/// A queue, and what is in it.
pub(super) struct Queue {
    broker: String,
    id: i32,
    min: i64,
    max: i64,
    /// When the last message was stored; not positive in an empty queue.
    updated: i64,
}

impl Queue {
    pub(super) fn messages(&self) -> i64 {
        self.max.saturating_sub(self.min).max(0)
    }
}

pub(super) async fn run(link: &Link, topic: &str, out: &mut Out) -> Result<(), Failure> {
    let mut table = Table::new(COLUMNS);
    for queue in queues(link, topic).await? {
        let updated = (queue.updated > 0).then_some(queue.updated);
        if out.is_json {
            let json = json!({
                "topic": topic,
                "broker": queue.broker,
                "queue": queue.id,
                "minOffset": queue.min,
                "maxOffset": queue.max,
                "messages": queue.messages(),
                "updated": updated,
            });
            out.line(|| json, String::new)?;
        } else {
            let (id, messages) = (queue.id.to_string(), queue.messages().to_string());
            let updated = updated.map_or_else(|| "-".to_owned(), time::text);
            let (min, max) = (queue.min.to_string(), queue.max.to_string());
            table.row([queue.broker, id, min, max, messages, updated]);
        }
    }
    match out.is_json {
        true => Ok(()),
        false => out.text(&table.text()),
    }
}

const COLUMNS: [(&str, Align); 6] = [
    ("BROKER", Align::Left),
    ("QUEUE", Align::Right),
    ("MIN", Align::Right),
    ("MAX", Align::Right),
    ("MESSAGES", Align::Right),
    ("UPDATED", Align::Left),
];

/// Returns the queues of a topic on all masters.
pub(super) async fn queues(link: &Link, topic: &str) -> Result<Vec<Queue>, Failure> {
    let mut queues = Vec::new();
    for (_, addr) in masters_of(link, topic).await? {
        let request = RemotingCommand::request(RequestCode::GET_TOPIC_STATS_INFO)
            .with_header(&GetTopicStatsInfoRequestHeader { topic })?;
        let stats: TopicStatsTable = link.call(&addr, request).await?.json()?;
        queues.extend(stats.offset_table.into_iter().map(|(queue, of)| Queue {
            broker: queue.broker_name,
            id: queue.queue_id,
            min: of.min_offset,
            max: of.max_offset,
            updated: of.last_update_timestamp,
        }));
    }
    Ok(queues)
}
