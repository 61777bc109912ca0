//! What is known of one topic.

use super::{RouteError, TopicRoute};
use crate::client::name_servers::at_random;
use rocketmq_tower_core::protocol::TopicRouteData;
use rocketmq_tower_core::sync::lock;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// After an answer or a failure, a name server is not asked about the topic again for this time.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct TopicEntry {
    pub(super) topic: Arc<str>,
    turn: Arc<AtomicUsize>,
    state: Mutex<State>,
    /// The number of questions that have ended, with or without an answer.
    ended: watch::Sender<u64>,
}

struct State {
    known: Known,
    /// When a name server told `known`. `None` if it could not be confirmed since.
    told: Option<Instant>,
    /// When the last question ended.
    ended: Option<Instant>,
    /// Whether the route has turned out to be wrong.
    is_invalid: bool,
    is_asking: bool,
    error: Option<RouteError>,
}

enum Known {
    Nothing,
    /// The name server does not know the topic.
    Missing,
    Route(Arc<TopicRoute>),
}

/// What to do with what is known.
pub(super) enum Lookup {
    /// Use it.
    Use(Arc<TopicRoute>),
    /// Use it, and ask meanwhile.
    UseOld(Arc<TopicRoute>, Option<Question>),
    /// Wait for an answer. If there is none, use the old route, if there is one.
    Wait(Waiting),
    /// The topic does not exist.
    Missing,
}

/// A question that ends later.
pub(super) struct Waiting {
    /// The question, unless it is being asked already.
    pub(super) question: Option<Question>,
    pub(super) end: watch::Receiver<u64>,
    /// Whether there is an old route.
    pub(super) has_route: bool,
}

impl TopicEntry {
    pub(super) fn new(topic: &str) -> Self {
        let state = State {
            known: Known::Nothing,
            ended: None,
            told: None,
            is_invalid: false,
            is_asking: false,
            error: None,
        };
        Self {
            topic: topic.into(),
            // Many producers that start together begin at different queues.
            turn: Arc::new(at_random(1 << 16).into()),
            state: Mutex::new(state),
            ended: watch::Sender::new(0),
        }
    }

    pub(super) fn look_up(self: &Arc<Self>, max_age: Duration) -> Lookup {
        let mut state = lock(&self.state);
        let asked_just_now = state.ended.is_some_and(|ended| ended.elapsed() < PAUSE);
        let is_young = state.told.is_some_and(|told| told.elapsed() < max_age);
        match &state.known {
            Known::Missing if asked_just_now => Lookup::Missing,
            Known::Route(route) if asked_just_now || (is_young && !state.is_invalid) => {
                Lookup::Use(Arc::clone(route))
            }
            Known::Route(route) if !state.is_invalid => {
                let route = Arc::clone(route);
                Lookup::UseOld(route, self.begin(&mut state))
            }
            known => {
                let has_route = matches!(known, Known::Route(_));
                let end = self.ended.subscribe();
                Lookup::Wait(Waiting { question: self.begin(&mut state), end, has_route })
            }
        }
    }

    /// Begins a question; `None` if one is being asked already.
    fn begin(self: &Arc<Self>, state: &mut State) -> Option<Question> {
        if std::mem::replace(&mut state.is_asking, true) {
            return None;
        }
        state.error = None;
        Some(Question(Arc::clone(self)))
    }

    /// Returns what is known now, after a question that may not have been answered.
    pub(super) fn result(&self) -> Option<Result<Arc<TopicRoute>, RouteError>> {
        let state = lock(&self.state);
        match &state.known {
            Known::Route(route) => Some(Ok(Arc::clone(route))),
            Known::Missing => Some(Err(self.missing())),
            Known::Nothing => state.error.clone().map(Err),
        }
    }

    pub(super) fn missing(&self) -> RouteError {
        RouteError::TopicNotExist { topic: self.topic.to_string() }
    }

    pub(super) fn invalidate(&self) {
        lock(&self.state).is_invalid = true;
    }
}

/// A question that is being asked. Dropping it ends it.
pub(super) struct Question(pub(super) Arc<TopicEntry>);

impl Question {
    pub(super) fn answered(self, answer: Result<TopicRouteData, RouteError>) {
        let entry = &self.0;
        let answer = answer.map(|data| {
            Arc::new(TopicRoute::new(Arc::clone(&entry.topic), data, Arc::clone(&entry.turn)))
        });
        let mut state = lock(&entry.state);
        match answer {
            Ok(route) => {
                state.known = Known::Route(route);
                (state.told, state.is_invalid) = (Some(Instant::now()), false);
            }
            // A name server that was restarted knows no topic until the brokers register again, so a
            // route that works is kept.
            Err(RouteError::TopicNotExist { .. })
                if matches!(state.known, Known::Route(_)) && !state.is_invalid =>
            {
                state.told = Some(Instant::now());
            }
            Err(RouteError::TopicNotExist { .. }) => {
                (state.known, state.is_invalid) = (Known::Missing, false);
            }
            Err(error) => {
                // Nobody waits for name servers that do not answer as long as there is a route.
                (state.told, state.is_invalid) = (None, false);
                state.error = Some(error);
            }
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        (state.is_asking, state.ended) = (false, Some(Instant::now()));
        // Within the lock, so that it wakes no one who waits for a later question.
        self.0.ended.send_modify(|ended| *ended += 1);
    }
}
