//! Statistics of the broker, as tools read them: messages and bytes that were stored and consumed, by
//! topic, by group, and of all.
//!
//! Counting is some additions to atomic numbers. A job takes samples of them every 10 s, from which sums
//! and rates of the last minute, hour and day follow. All of them begin with the process.

mod groups;
mod item;
mod puts;
mod times;

use crate::topics::Topics;
pub(crate) use groups::{GroupStats, GroupsStats};
pub(crate) use item::{Counted, EVERY, Span, StatsItem};
pub(crate) use puts::{Puts, TopicPuts};
use rocketmq_tower_core::clock;
use rocketmq_tower_core::sync::lock;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The number of samples of the broker's totals: those of 10 minutes, and one more.
const MAX_TOTALS: usize = 61;

/// The number of samples of a minute.
const SAMPLES_OF_A_MINUTE: u64 = 60_000 / EVERY as u64;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// The statistics.
pub(crate) struct Statistics {
    /// The time of the broker's start, in ms since 1970.
    pub(crate) started: i64,
    pub(crate) puts: Arc<Puts>,
    /// The messages that groups have got, in all topics.
    pub(crate) gets: StatsItem,
    pub(crate) gets_of_applications: StatsItem,
    /// The messages with a delivery time that were delivered.
    pub(crate) timed: StatsItem,
    /// The number of pulls that have found nothing.
    missed: AtomicU64,
    /// The longest time that reading messages for a pull took, in ms.
    slowest_read: AtomicU64,
    pub(crate) groups: GroupsStats,
    histories: AtomicUsize,
    totals: Mutex<VecDeque<Totals>>,
    mornings: Mutex<Mornings>,
}

/// The broker's counters at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    at: i64,
    pub(crate) puts: u64,
    pub(crate) found: u64,
    pub(crate) missed: u64,
    pub(crate) transferred: u64,
}

/// The numbers of messages of applications, stored and consumed, at the last two midnights (UTC).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mornings {
    day: i64,
    pub(crate) yesterday: [u64; 2],
    pub(crate) today: [u64; 2],
}

impl Statistics {
    pub(crate) fn new(puts: Arc<Puts>) -> Self {
        Self::started_at(puts, clock::now_ms())
    }

    fn started_at(puts: Arc<Puts>, started: i64) -> Self {
        Self {
            started,
            puts,
            gets: StatsItem::default(),
            gets_of_applications: StatsItem::default(),
            timed: StatsItem::default(),
            missed: AtomicU64::new(0),
            slowest_read: AtomicU64::new(0),
            groups: GroupsStats::default(),
            histories: AtomicUsize::new(0),
            totals: Mutex::new([Totals { at: started, ..Default::default() }].into()),
            mornings: Mutex::new(Mornings { day: started / DAY_MS, ..Default::default() }),
        }
    }

    /// Counts a pull or pop of a group that has found messages. Returns the group's statistics, if there is
    /// room for them.
    pub(crate) fn got(
        &self,
        group: &str,
        topic: &str,
        is_system: bool,
        messages: usize,
        bytes: usize,
    ) -> Option<Arc<GroupStats>> {
        self.gets.add(messages, bytes);
        if !is_system {
            self.gets_of_applications.add(messages, bytes);
        }
        let stats = self.groups.used(group, topic)?;
        stats.gets.add(messages, bytes);
        Some(stats)
    }

    /// Counts a pull that has found nothing.
    pub(crate) fn missed(&self) {
        self.missed.fetch_add(1, Relaxed);
    }

    /// Notes that messages for a pull were read within this time.
    pub(crate) fn read_took(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Nearly always less: that costs no write.
        if ms > self.slowest_read() {
            self.slowest_read.fetch_max(ms, Relaxed);
        }
    }

    pub(crate) fn slowest_read(&self) -> u64 {
        self.slowest_read.load(Relaxed)
    }

    /// Forgets the groups and topics for which `gone` returns true. For threads that may block.
    pub(crate) fn remove(&self, gone: impl Fn(&str, &str) -> bool) {
        self.groups.remove(&self.histories, gone);
    }

    /// Forgets the history of a deleted topic.
    pub(crate) fn forget(&self, puts: &TopicPuts) {
        puts.item.forget(&self.histories);
    }

    /// Takes the samples. For a thread that may block.
    pub(crate) fn sample(&self, topics: &Topics, now: i64, turn: u64) {
        for topic in topics.all() {
            if let Some(puts) = topic.puts() {
                puts.item.sample(now, turn, &self.histories);
            }
        }
        self.groups.sample(now, turn, &self.histories);
        let puts = [&self.puts.all, &self.puts.of_applications];
        let of_all = puts.into_iter().chain([&self.gets, &self.gets_of_applications, &self.timed]);
        of_all.for_each(|item| _ = item.sample(now, turn, &self.histories));
        if turn.is_multiple_of(SAMPLES_OF_A_MINUTE) {
            self.puts.times.minute();
        }
        let mut totals = lock(&self.totals);
        totals.push_back(self.totals_at(now));
        if totals.len() > MAX_TOTALS {
            totals.pop_front();
        }
        drop(totals);
        let mut mornings = lock(&self.mornings);
        let day = now / DAY_MS;
        if day != mornings.day {
            let (yesterday, today) = (mornings.today, self.of_applications());
            *mornings = Mornings { day, yesterday, today };
        }
    }

    /// Returns the numbers of messages of applications that were stored and consumed.
    pub(crate) fn of_applications(&self) -> [u64; 2] {
        [self.puts.of_applications.messages(), self.gets_of_applications.messages()]
    }

    pub(crate) fn mornings(&self) -> Mornings {
        *lock(&self.mornings)
    }

    fn totals_at(&self, at: i64) -> Totals {
        Totals {
            at,
            puts: self.puts.all.messages(),
            found: self.gets.times(),
            missed: self.missed.load(Relaxed),
            transferred: self.gets.messages(),
        }
    }

    /// Returns the rates of a counter over the last 10 s, minute and 10 minutes, as Java writes them.
    pub(crate) fn rates(&self, now: i64, value: impl Fn(&Totals) -> u64) -> String {
        let (new, totals) = (self.totals_at(now), lock(&self.totals));
        let rate = |span: i64| {
            let since = totals.iter().find(|total| now - total.at <= span);
            let since = since.filter(|total| now - total.at >= 1000).or(totals.back());
            since.filter(|total| now > total.at).map_or(0.0, |total| {
                let count = value(&new).saturating_sub(value(total));
                count as f64 * 1000.0 / (now - total.at) as f64
            })
        };
        // A sample is at most one period older than its span.
        let rates = [10_000, 60_000, 600_000].map(|span| rate(span + EVERY).to_string());
        rates.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, EVERY, Statistics};
    use crate::Flush;
    use crate::log::Log;
    use crate::state::BrokerIdentity;
    use crate::storage::MemoryStorage;
    use crate::topics::Topics;
    use std::sync::Arc;

    #[tokio::test]
    async fn rates_are_of_the_last_seconds_and_mornings_of_the_last_days() {
        let log = Arc::new(Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap());
        let identity = Arc::new(BrokerIdentity {
            cluster: "c".into(),
            name: "b".into(),
            address: "127.0.0.1:10911".into(),
            stored: ([127, 0, 0, 1], 10911).into(),
        });
        let topics = Topics::open(Arc::clone(&log), &identity).await.unwrap();
        // At noon, as the samples of one day must not span midnight.
        let start = 20_000 * DAY_MS + DAY_MS / 2;
        let statistics = Statistics::started_at(Arc::clone(log.puts()), start);
        for turn in 1..=100 {
            statistics.got("g", "T", false, 20, 1);
            statistics.missed();
            statistics.sample(&topics, start + turn * EVERY, turn as u64);
        }
        let now = start + 100 * EVERY + 5_000;
        let rates = statistics.rates(now, |totals| totals.transferred);
        let rates: Vec<f64> = rates.split(' ').map(|rate| rate.parse().unwrap()).collect();
        assert!(
            rates.len() == 3 && rates.iter().all(|rate| (1.3..=2.0).contains(rate)),
            "{rates:?}"
        );
        statistics.sample(&topics, start + DAY_MS, 101);
        let mornings = statistics.mornings();
        assert_eq!((mornings.today, mornings.yesterday), ([0, 2000], [0, 0]));
        statistics.sample(&topics, start + 2 * DAY_MS, 102);
        assert_eq!(statistics.mornings().yesterday, [0, 2000]);
    }
}
