//! The route of one topic.

use rocketmq_tower_core::Addr;
use rocketmq_tower_core::protocol::{MASTER_ID, MessageQueue, TopicRouteData, perm};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the queues of a topic are, as a name server says.
///
/// Queues are those on master brokers. A broker without a master is left out, as in Java.
pub struct TopicRoute {
    topic: Arc<str>,
    data: TopicRouteData,
    masters: Vec<Arc<Master>>,
    /// The number of queues that were chosen so far. Later routes of the topic go on with it.
    turn: Arc<AtomicUsize>,
}

/// A master that has queues of the topic.
pub(in crate::client) struct Master {
    pub(in crate::client) broker_name: String,
    pub(in crate::client) addr: Addr,
    readable: u32,
    writable: u32,
}

impl TopicRoute {
    pub(super) fn new(topic: Arc<str>, data: TopicRouteData, turn: Arc<AtomicUsize>) -> Self {
        let masters = masters(&data);
        Self { topic, data, masters, turn }
    }

    /// Returns the topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Returns the name server's response. Slaves are in it, too.
    #[must_use]
    pub fn data(&self) -> &TopicRouteData {
        &self.data
    }

    /// Returns the address of the master with this broker name, if it has queues of the topic.
    #[must_use]
    pub fn master(&self, broker_name: &str) -> Option<&Addr> {
        self.find(broker_name).map(|master| &master.addr)
    }

    /// Returns the queues that can be read, in the order of the brokers' names.
    ///
    /// Their number is what the name server says, up to 2<sup>31</sup> for each broker.
    pub fn read_queues(&self) -> impl Iterator<Item = MessageQueue> + '_ {
        self.queues(|master| master.readable)
    }

    /// Returns the queues that can be written, in the order of the brokers' names. Those of an ordered
    /// topic are the queues in its `order_topic_conf`.
    ///
    /// Their number is what the name server says, up to 2<sup>31</sup> for each broker.
    pub fn write_queues(&self) -> impl Iterator<Item = MessageQueue> + '_ {
        self.queues(|master| master.writable)
    }

    fn queues(&self, count: fn(&Master) -> u32) -> impl Iterator<Item = MessageQueue> + '_ {
        self.masters.iter().flat_map(move |master| {
            (0..count(master)).map(|id| MessageQueue {
                broker_name: master.broker_name.clone(),
                queue_id: id as i32,
                topic: self.topic.to_string(),
            })
        })
    }

    pub(in crate::client) fn find(&self, broker_name: &str) -> Option<&Arc<Master>> {
        self.masters.iter().find(|master| master.broker_name == broker_name)
    }

    /// Returns the next queue in turn, of the first `max` queues of each master that `allowed` accepts.
    pub(in crate::client) fn next_queue(
        &self,
        max: u32,
        allowed: impl Fn(&Addr) -> bool,
    ) -> Option<(&Arc<Master>, i32)> {
        let counts = || {
            let allowed = self.masters.iter().filter(|master| allowed(&master.addr));
            allowed.map(|master| (master, u64::from(master.writable.min(max))))
        };
        let total: u64 = counts().map(|(_, count)| count).sum();
        if total == 0 {
            return None;
        }
        let mut at = self.turn.fetch_add(1, Ordering::Relaxed) as u64 % total;
        for (master, count) in counts() {
            if at < count {
                return Some((master, at as i32));
            }
            at -= count;
        }
        None
    }
}

impl fmt::Debug for TopicRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicRoute")
            .field("topic", &self.topic)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// Returns the masters that have queues, in the order of their names.
fn masters(data: &TopicRouteData) -> Vec<Arc<Master>> {
    let mut addrs = HashMap::new();
    for broker in &data.broker_datas {
        if let Some(addr) = broker.broker_addrs.get(&MASTER_ID) {
            addrs.entry(broker.broker_name.as_str()).or_insert(addr);
        }
    }
    let ordered = data.order_topic_conf.as_deref().filter(|conf| !conf.is_empty()).map(parse_order);
    let mut masters: Vec<_> = data
        .queue_datas
        .iter()
        .filter_map(|queues| {
            let name = queues.broker_name.as_str();
            let addr = addrs.remove(name)?;
            let count = |permitted, number: i32| match queues.perm & permitted {
                0 => 0,
                _ => u32::try_from(number).unwrap_or(0),
            };
            let writable = match &ordered {
                Some(counts) => counts.get(name).copied().unwrap_or(0),
                None => count(perm::WRITE, queues.write_queue_nums),
            };
            Some(Arc::new(Master {
                broker_name: name.to_owned(),
                addr: Addr::from(addr.as_str()),
                readable: count(perm::READ, queues.read_queue_nums),
                writable,
            }))
        })
        .collect();
    masters.sort_by(|a, b| a.broker_name.cmp(&b.broker_name));
    masters
}

/// Parses `broker:queues;broker:queues`. What cannot be parsed is left out.
fn parse_order(conf: &str) -> HashMap<&str, u32> {
    let parts = conf.split(';').filter_map(|part| part.split_once(':'));
    let counts = parts.filter_map(|(broker, count)| {
        Some((broker, i32::try_from(count.parse::<u32>().ok()?).ok()? as u32))
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::TopicRoute;
    use rocketmq_tower_core::protocol::{BrokerData, QueueData, TopicRouteData};
    use std::sync::Arc;

    fn broker(name: &str, id: i64) -> BrokerData {
        BrokerData {
            broker_addrs: [(id, format!("{name}:10911"))].into(),
            broker_name: name.into(),
            ..Default::default()
        }
    }

    fn queues(name: &str, perm: i32, count: i32) -> QueueData {
        QueueData {
            broker_name: name.into(),
            perm,
            read_queue_nums: count,
            write_queue_nums: count,
            ..Default::default()
        }
    }

    fn route(data: TopicRouteData) -> TopicRoute {
        TopicRoute::new("T".into(), data, Arc::default())
    }

    fn names(queues: impl Iterator<Item = super::MessageQueue>) -> Vec<String> {
        queues.map(|queue| format!("{}{}", queue.broker_name, queue.queue_id)).collect()
    }

    fn data() -> TopicRouteData {
        TopicRouteData {
            broker_datas: vec![broker("a", 0), broker("b", 0), broker("slave", 1), broker("c", 0)],
            queue_datas: vec![
                queues("c", 4, 1),
                queues("b", 2, 2),
                queues("a", 6, 1),
                queues("slave", 6, 4),
                queues("unknown", 6, 4),
                queues("a", 6, 4),
            ],
            ..Default::default()
        }
    }

    #[test]
    fn queues_are_those_of_masters_with_the_permission() {
        let route = route(data());
        assert_eq!(names(route.write_queues()), ["a0", "b0", "b1"]);
        assert_eq!(names(route.read_queues()), ["a0", "c0"]);
        assert_eq!(route.master("b"), Some(&"b:10911".into()));
        assert_eq!(route.master("slave"), None);
    }

    #[test]
    fn an_ordered_topic_has_the_queues_of_its_configuration() {
        let order = Some("b:3;c:1;a:x;nonsense;unknown:4;b:-1".to_owned());
        let route = route(TopicRouteData { order_topic_conf: order, ..data() });
        assert_eq!(names(route.write_queues()), ["b0", "b1", "b2", "c0"]);
        assert_eq!(names(route.read_queues()), ["a0", "c0"]);
    }

    #[test]
    fn queues_are_chosen_in_turn_without_a_list_of_them() {
        let data = TopicRouteData {
            broker_datas: vec![broker("a", 0), broker("b", 0)],
            queue_datas: vec![queues("a", 6, i32::MAX), queues("b", 6, -1)],
            ..Default::default()
        };
        let route = route(data);
        let next =
            |max| route.next_queue(max, |_| true).map(|(master, id)| (&*master.broker_name, id));
        assert_eq!([next(2), next(2), next(2)], [Some(("a", 0)), Some(("a", 1)), Some(("a", 0))]);
        assert_eq!(next(u32::MAX), Some(("a", 3)));
        assert!(next(0).is_none());
        assert!(route.next_queue(9, |addr| *addr != "a:10911".into()).is_none());
    }
}
