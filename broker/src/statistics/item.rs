//! One statistic: counters, and their values over the last minute, hour and day.

use rocketmq_tower_core::sync::lock;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The maximum number of statistics that have a history, of about 1.3 KiB each. Others only count.
pub(crate) const MAX_HISTORIES: usize = 20_000;

/// The time between two samples of the last minute, in ms.
pub(crate) const EVERY: i64 = 10_000;

/// The numbers of samples, with the first one as the start, and how many samples of the last minute there
/// are between two of them.
const MINUTE: (usize, u64) = (7, 1);
const HOUR: (usize, u64) = (7, 60);
const DAY: (usize, u64) = (25, 360);

/// Counters of one kind of events.
#[derive(Debug, Default)]
pub(crate) struct StatsItem {
    messages: AtomicU64,
    bytes: AtomicU64,
    times: AtomicU64,
    history: Mutex<ItemHistory>,
}

#[derive(Debug, Default)]
struct ItemHistory {
    kept: Option<Box<History>>,
    /// The counters at the end of the one before.
    before: Sample,
}

/// The values of the counters at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sample {
    /// In ms since 1970.
    at: i64,
    messages: u64,
    bytes: u64,
    times: u64,
}

#[derive(Debug, Default)]
struct History {
    minute: VecDeque<Sample>,
    hour: VecDeque<Sample>,
    day: VecDeque<Sample>,
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Minute,
    Hour,
    Day,
}

/// The counts of a span, as far as it was sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counted {
    pub(crate) sum: u64,
    /// Per second.
    pub(crate) rate: f64,
    /// Per event.
    pub(crate) mean: f64,
}

impl StatsItem {
    /// Counts an event with these messages.
    pub(crate) fn add(&self, messages: usize, bytes: usize) {
        self.messages.fetch_add(messages as u64, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
        self.times.fetch_add(1, Relaxed);
    }

    /// Returns how many messages were counted since the broker's start.
    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Relaxed)
    }

    /// Returns how many bytes and events were counted since the broker's start.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub(crate) fn times(&self) -> u64 {
        self.times.load(Relaxed)
    }

    /// Takes a sample, the `turn`th since the broker's start. A history begins when something was counted,
    /// if there is room, and ends after a day in which nothing was. Returns whether there is one.
    pub(crate) fn sample(&self, now: i64, turn: u64, histories: &AtomicUsize) -> bool {
        let new =
            Sample { at: now, messages: self.messages(), bytes: self.bytes(), times: self.times() };
        let mut history = lock(&self.history);
        if history.kept.is_none()
            && new.times > history.before.times
            && histories.load(Relaxed) < MAX_HISTORIES
        {
            histories.fetch_add(1, Relaxed);
            history.kept = Some(Box::new(History::begun(new, history.before)));
        }
        let Some(known) = &mut history.kept else { return false };
        known.take(new, turn);
        if known.is_idle() {
            histories.fetch_sub(1, Relaxed);
            *history = ItemHistory { kept: None, before: new };
        }
        history.kept.is_some()
    }

    /// Ends the history.
    pub(crate) fn forget(&self, histories: &AtomicUsize) {
        if lock(&self.history).kept.take().is_some() {
            histories.fetch_sub(1, Relaxed);
        }
    }

    /// Returns the counted messages of a span.
    pub(crate) fn messages_in(&self, span: Span) -> Counted {
        self.counted(span, |sample| sample.messages)
    }

    /// Returns the counted bytes of a span.
    pub(crate) fn bytes_in(&self, span: Span) -> Counted {
        self.counted(span, |sample| sample.bytes)
    }

    fn counted(&self, span: Span, value: impl Fn(&Sample) -> u64) -> Counted {
        let history = lock(&self.history);
        let Some(history) = &history.kept else { return Counted::default() };
        let samples = match span {
            Span::Minute => &history.minute,
            Span::Hour => &history.hour,
            Span::Day => &history.day,
        };
        let (Some(first), Some(last)) = (samples.front(), samples.back()) else {
            return Counted::default();
        };
        let sum = value(last).saturating_sub(value(first));
        let (time, times) = (last.at - first.at, last.times.saturating_sub(first.times));
        Counted {
            sum,
            rate: if time > 0 { sum as f64 * 1000.0 / time as f64 } else { 0.0 },
            mean: if times > 0 { sum as f64 / times as f64 } else { 0.0 },
        }
    }
}

impl History {
    /// Begins with nothing counted, 10 s before the first sample.
    fn begun(first: Sample, before: Sample) -> Self {
        let start = Sample { at: first.at - EVERY, ..before };
        let all = || VecDeque::from([start]);
        Self { minute: all(), hour: all(), day: all() }
    }

    fn take(&mut self, new: Sample, turn: u64) {
        let lists = [(&mut self.minute, MINUTE), (&mut self.hour, HOUR), (&mut self.day, DAY)];
        for (list, (most, every)) in lists {
            // The first sample counts at once, so that nobody waits for an hour to see a sum.
            if turn.is_multiple_of(every) || list.len() < 2 {
                list.push_back(new);
            }
            if list.len() > most {
                list.pop_front();
            }
        }
    }

    /// Returns whether nothing was counted for a day.
    fn is_idle(&self) -> bool {
        let (first, last) = (self.day.front(), self.day.back());
        self.day.len() == DAY.0
            && first.zip(last).is_some_and(|(first, last)| first.times == last.times)
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, EVERY, MAX_HISTORIES, Span, StatsItem};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn counts_are_of_the_last_minute_hour_and_day() {
        let (item, histories) = (StatsItem::default(), AtomicUsize::new(0));
        assert!(!item.sample(0, 0, &histories), "nothing was counted");
        for turn in 1..=720 {
            item.add(2, 10);
            assert!(item.sample(turn as i64 * EVERY, turn, &histories));
        }
        let of = |span| item.messages_in(span);
        assert_eq!(
            (of(Span::Minute).sum, of(Span::Minute).rate, of(Span::Minute).mean),
            (12, 0.2, 2.0)
        );
        assert_eq!((of(Span::Hour).sum, of(Span::Day).sum), (720, 1440));
        assert_eq!(item.bytes_in(Span::Minute).mean, 10.0);
        assert_eq!((item.messages(), item.bytes(), item.times()), (1440, 7200, 720));
        assert_eq!(histories.load(Relaxed), 1);
    }

    #[test]
    fn a_history_ends_after_an_idle_day_and_begins_if_there_is_room() {
        let (item, histories) = (StatsItem::default(), AtomicUsize::new(MAX_HISTORIES));
        item.add(1, 1);
        assert!(!item.sample(0, 0, &histories));
        histories.store(0, Relaxed);
        let day = (DAY.0 as u64 - 1) * DAY.1;
        let kept =
            (1..=2 * day).take_while(|&turn| item.sample(turn as i64 * EVERY, turn, &histories));
        assert_eq!(kept.count() as u64, day - 1);
        assert_eq!(histories.load(Relaxed), 0);
        item.add(1, 1);
        assert!(item.sample(0, 1, &histories));
        item.forget(&histories);
        assert_eq!((histories.load(Relaxed), item.messages_in(Span::Day).sum), (0, 0));
    }
}
