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
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// At most this many values of a label are told apart.
const MAX_VALUES: usize = 256;
/// The maximum length of a label's value, in bytes. Longer ones are `other`.
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
    /// Counts by topic. The first `max_topics` topics have a label of their own, further ones are `other`. So are those
    /// of which no request has succeeded.
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

    /// Returns the counters of a request that begins.
    pub(super) fn find(&mut self, request: &RemotingCommand) -> Counted {
        let subject = Subject::of(request).ok();
        let topic = subject.as_ref().and_then(|subject| subject.topics().next()).unwrap_or("");
        let labels = &self.details.detail.labels;
        let values = labels.iter().map(|(_, of)| of(request).unwrap_or("")).chain([topic]);
        // A service keeps them.
        let values = values.map(|value| if value.len() > MAX_LENGTH { OTHER } else { value });
        self.key.clear();
        self.key.extend(request.code().to_be_bytes());
        for value in values.clone() {
            self.key.extend_from_slice(value.as_bytes());
            self.key.push(0);
        }
        if let Some((_, set)) = self.last.as_ref().filter(|(key, _)| *key == self.key) {
            return Counted::known(Arc::clone(set), request);
        }
        let Some(set) = self.details.known(&self.key, request.code(), values.clone()) else {
            let (details, received) = (Arc::clone(&self.details), request.body().len() as u64);
            let (code, values) = (request.code(), values.map(Into::into).collect());
            let new = New { details, code, values, received, sent: AtomicU64::new(0) };
            return Counted::New(Arc::new(new));
        };
        let (last, _) = self.last.insert((Vec::new(), Arc::clone(&set)));
        std::mem::swap(last, &mut self.key);
        Counted::known(set, request)
    }
}

/// The counters of a request that has begun.
#[derive(Clone, Debug)]
pub(super) enum Counted {
    Known(Arc<Set>),
    /// The topic is new. It gets a label of its own if the request succeeds: peers may name anything.
    New(Arc<New>),
}

#[derive(Debug)]
pub(super) struct New {
    details: Arc<Details>,
    code: i32,
    values: Box<[Box<str>]>,
    received: u64,
    sent: AtomicU64,
}

impl Counted {
    fn known(set: Arc<Set>, request: &RemotingCommand) -> Self {
        set.received.increment(request.body().len() as u64);
        Self::Known(set)
    }

    /// Counts the bytes of a response.
    pub(super) fn responded(&self, response: &RemotingCommand) {
        let bytes = response.body().len() as u64;
        match self {
            Self::Known(set) => set.sent.increment(bytes),
            Self::New(new) => _ = new.sent.fetch_add(bytes, Ordering::Relaxed),
        }
    }

    /// Counts a request that has ended; without a code, it was not answered.
    pub(super) fn ended(self, code: Option<ResponseCode>, took: Duration) {
        let set = match self {
            Self::Known(set) => set,
            Self::New(new) => {
                let values = new.values.iter().map(|value| &**value);
                let learn = code == Some(ResponseCode::SUCCESS);
                let set = new.details.find(new.code, values, learn);
                set.received.increment(new.received);
                set.sent.increment(new.sent.load(Ordering::Relaxed));
                set
            }
        };
        set.ended(code, took);
    }
}

/// Whether a value has a label of its own, or may get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Known,
    Room,
    None,
}

impl Details {
    pub(super) fn new(detail: Detail, register: Register) -> Self {
        let values = vec![HashSet::new(); detail.labels.len() + 1];
        let known = Mutex::new(Known { sets: HashMap::new(), values });
        Self { detail, register, known, rest: OnceLock::new() }
    }

    /// Returns the counters with this key; `None` if the topic is new and there is room for it.
    fn known<'a>(
        &self,
        key: &[u8],
        code: i32,
        values: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<Arc<Set>> {
        let known = lock(&self.known);
        if let Some(set) = known.sets.get(key) {
            return Some(Arc::clone(set));
        }
        let topic = values.clone().last().unwrap_or_default();
        let is_new = self.place(&known, self.detail.labels.len(), topic) == Place::Room;
        drop(known);
        (!is_new).then(|| self.find(code, values, false))
    }

    /// Returns the counters of these values. A new topic gets a label of its own if it is to be learned.
    fn find<'a>(&self, code: i32, values: impl Iterator<Item = &'a str>, learn: bool) -> Arc<Set> {
        let mut known = lock(&self.known);
        let code = RequestCode::from(code).name().map(|_| code);
        // The values that have labels of their own, and the key with them.
        let mut told = Vec::new();
        let mut own = code.unwrap_or(i32::MIN).to_be_bytes().to_vec();
        for (index, value) in values.enumerate() {
            let value = match self.place(&known, index, value) {
                Place::Known => value,
                Place::Room if learn || index < self.detail.labels.len() => {
                    known.values[index].insert(value.into());
                    value
                }
                Place::Room | Place::None => OTHER,
            };
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

    /// Returns whether a value of a label is known, or there is room for it.
    fn place(&self, known: &Known, index: usize, value: &str) -> Place {
        let max = match index == self.detail.labels.len() {
            true => self.detail.max_topics,
            false => MAX_VALUES,
        };
        let values = &known.values[index];
        match value.is_empty() || value == OTHER || values.contains(value) {
            true => Place::Known,
            false if values.len() < max => Place::Room,
            false => Place::None,
        }
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
    fn ended(&self, code: Option<ResponseCode>, took: Duration) {
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
