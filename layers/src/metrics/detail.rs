//! Counters by topic, and by labels that are taken from requests.

use super::latency::{code_label, response_label};
use super::names::{BODIES_RECEIVED, BODIES_SENT, DURATION, REQUESTS};
use super::register::Register;
use metrics::{Counter, Label};
use rocketmq_tower_core::subject::Subject;
use rocketmq_tower_core::sync::lock;
use rocketmq_tower_core::{RemotingCommand, RequestCode, ResponseCode};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// At most this many values of a label are told apart.
const MAX_VALUES: usize = 256;
/// The maximum length of a label's value, in bytes.
const MAX_LENGTH: usize = 255;
/// At most this many codes of responses have a counter of their own, for each set of labels.
const MAX_RESPONSES: usize = 16;
/// Stands for all values without a label of their own.
const OTHER: &str = "other";

/// Returns the value of a label for a request; `None` is an empty one.
pub type LabelOf = for<'a> fn(&'a RemotingCommand) -> Option<&'a str>;

/// Which labels the counters of requests have, see
/// [`MetricsBuilder::detail`](super::MetricsBuilder::detail).
///
/// ```
/// use rocketmq_tower_layers::metrics::{Detail, MetricsLayer};
/// use rocketmq_tower_layers::identity::verified_user;
///
/// let detail = Detail::new(1000).label("user", verified_user);
/// let metrics = MetricsLayer::builder().detail(detail).build();
/// # _ = metrics;
/// ```
#[derive(Clone)]
pub struct Detail {
    max_topics: usize,
    max_sets: usize,
    labels: Vec<(&'static str, LabelOf)>,
}

impl Detail {
    /// Counts by topic. The first `max_topics` topics have a label of their own, further ones are `other`.
    #[must_use]
    pub const fn new(max_topics: usize) -> Self {
        Self { max_topics, max_sets: 10_000, labels: Vec::new() }
    }

    /// Adds a label. The first 256 values are told apart, further ones are `other`.
    #[must_use]
    pub fn label(mut self, name: &'static str, of: LabelOf) -> Self {
        self.labels.push((name, of));
        self
    }

    /// Sets how many sets of topic, code and labels are counted apart; all others are counted together. Default:
    /// 10 000. Each has four counters, of some hundred bytes.
    #[must_use]
    pub const fn max_sets(mut self, max: usize) -> Self {
        self.max_sets = max;
        self
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> = self.labels.iter().map(|(name, _)| name).collect();
        f.debug_struct("Detail")
            .field("max_topics", &self.max_topics)
            .field("max_sets", &self.max_sets)
            .field("labels", &labels)
            .finish()
    }
}

/// The counters of a layer, registered on first use.
pub(super) struct Details {
    detail: Detail,
    register: Register,
    known: Mutex<Known>,
    /// Counts what has no set of its own.
    rest: OnceLock<Arc<Set>>,
}

#[derive(Default)]
struct Known {
    sets: HashMap<Box<[u8]>, Arc<Set>>,
    /// The values of each label, and the topics.
    values: Vec<HashSet<Box<str>>>,
}

/// The counters of one set of labels.
pub(super) struct Set {
    register: Register,
    labels: Vec<Label>,
    success: Counter,
    others: Mutex<Vec<(Option<ResponseCode>, Counter)>>,
    duration: Counter,
    received: Counter,
    sent: Counter,
}

/// One service's way to the counters. It remembers the last set: a connection usually stays with a topic.
#[derive(Clone, Debug)]
pub(super) struct Finder {
    details: Arc<Details>,
    key: Vec<u8>,
    last: Option<(Vec<u8>, Arc<Set>)>,
}

impl Finder {
    pub(super) const fn new(details: Arc<Details>) -> Self {
        Self { details, key: Vec::new(), last: None }
    }

    /// Returns the counters of a request, with the bytes of its body counted.
    pub(super) fn find(&mut self, request: &RemotingCommand) -> Arc<Set> {
        let subject = Subject::of(request).ok();
        let topic = subject.as_ref().and_then(|subject| subject.topics().next()).unwrap_or("");
        let labels = &self.details.detail.labels;
        let values = labels.iter().map(|(_, of)| of(request).unwrap_or("")).chain([topic]);
        self.key.clear();
        self.key.extend(request.code().to_be_bytes());
        for value in values.clone() {
            self.key.extend_from_slice(value.as_bytes());
            self.key.push(0);
        }
        let set = match &self.last {
            Some((key, set)) if *key == self.key => Arc::clone(set),
            _ => {
                let set = self.details.find(&self.key, request.code(), values);
                let (last, _) = self.last.insert((Vec::new(), Arc::clone(&set)));
                std::mem::swap(last, &mut self.key);
                set
            }
        };
        set.received.increment(request.body().len() as u64);
        set
    }
}

impl Details {
    pub(super) fn new(detail: Detail, register: Register) -> Self {
        let values = vec![HashSet::new(); detail.labels.len() + 1];
        let known = Mutex::new(Known { sets: HashMap::new(), values });
        Self { detail, register, known, rest: OnceLock::new() }
    }

    fn find<'a>(&self, key: &[u8], code: i32, values: impl Iterator<Item = &'a str>) -> Arc<Set> {
        let mut known = lock(&self.known);
        if let Some(set) = known.sets.get(key) {
            return Arc::clone(set);
        }
        let code = RequestCode::from(code).name().map(|_| code);
        // The values that have labels of their own, and the key with them.
        let mut told = Vec::new();
        let mut own = code.unwrap_or(i32::MIN).to_be_bytes().to_vec();
        let last = self.detail.labels.len();
        for (index, value) in values.enumerate() {
            let max = if index == last { self.detail.max_topics } else { MAX_VALUES };
            let value = known.values.get_mut(index).map_or(OTHER, |known| {
                let is_known = value.is_empty() || known.contains(value);
                let has_room = known.len() < max && value.len() <= MAX_LENGTH;
                if !is_known && has_room {
                    known.insert(value.into());
                }
                if is_known || has_room { value } else { OTHER }
            });
            own.extend_from_slice(value.as_bytes());
            own.push(0);
            told.push(value);
        }
        if let Some(set) = known.sets.get(&*own) {
            return Arc::clone(set);
        }
        if known.sets.len() >= self.detail.max_sets {
            let others = vec![OTHER; told.len()];
            return Arc::clone(self.rest.get_or_init(|| Arc::new(self.set(&others, None))));
        }
        let set = Arc::new(self.set(&told, code));
        known.sets.insert(own.into(), Arc::clone(&set));
        set
    }

    /// Registers the counters of a set.
    fn set(&self, values: &[&str], code: Option<i32>) -> Set {
        let names = self.detail.labels.iter().map(|(name, _)| *name).chain(["topic"]);
        let mut labels: Vec<_> =
            names.zip(values).map(|(name, value)| Label::new(name, (*value).to_owned())).collect();
        let code =
            code.map_or(OTHER.to_owned(), |code| code_label(code, RequestCode::from(code).name()));
        labels.push(Label::new("request_code", code));
        let counter = |name| self.register.counter(name, labels.clone());
        let (duration, received, sent) =
            (counter(DURATION), counter(BODIES_RECEIVED), counter(BODIES_SENT));
        let success = requests(&self.register, &labels, &response_label(0));
        let register = self.register.clone();
        Set { register, labels, success, others: Mutex::default(), duration, received, sent }
    }
}

impl Set {
    /// Counts a request that has ended; without a code, it was not answered.
    pub(super) fn ended(&self, code: Option<ResponseCode>, took: Duration) {
        self.duration.increment(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if code == Some(ResponseCode::SUCCESS) {
            self.success.increment(1);
            return;
        }
        let mut others = lock(&self.others);
        let nameless = ResponseCode::from(i32::MIN);
        let code = match code {
            Some(code) if code.name().is_none() || others.len() >= MAX_RESPONSES => Some(nameless),
            code => code,
        };
        if let Some((_, counter)) = others.iter().find(|(known, _)| *known == code) {
            return counter.increment(1);
        }
        let label = match code {
            None => "none".to_owned(),
            Some(code) if code == nameless => OTHER.to_owned(),
            Some(code) => response_label(code.as_i32()),
        };
        let counter = requests(&self.register, &self.labels, &label);
        counter.increment(1);
        others.push((code, counter));
    }

    /// Counts the bytes of a response.
    pub(super) fn responded(&self, response: &RemotingCommand) {
        self.sent.increment(response.body().len() as u64);
    }
}

/// Registers the counter of requests with this code of responses.
fn requests(register: &Register, labels: &[Label], response: &str) -> Counter {
    let mut labels = labels.to_vec();
    labels.push(Label::new("response_code", response.to_owned()));
    register.counter(REQUESTS, labels)
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets = lock(&self.known).sets.len();
        f.debug_struct("Details").field("sets", &sets).finish_non_exhaustive()
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set").field("labels", &self.labels).finish_non_exhaustive()
    }
}
