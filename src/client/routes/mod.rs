//! The routes of topics, as name servers tell them.

mod entry;
mod error;
mod route;
mod table;

pub use error::RouteError;
pub(super) use route::Master;
pub use route::TopicRoute;

use super::NameServers;
use super::deadline::Deadline;
use entry::{Lookup, Question};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::protocol::{GetRouteInfoRequestHeader, TopicRouteData};
use rocketmq_tower_core::sync::lock;
use rocketmq_tower_core::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::task::spawn;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use table::RouteTable;

/// A cache of the routes of topics, which it asks from name servers.
///
/// * A route is refreshed when it is used and older than 30 s, Java's `pollNameServerInterval`. The
///   old route is used meanwhile, and for as long as no name server answers.
/// * [`invalidate`](Self::invalidate) marks a route as wrong. The next use asks first, and waits for the
///   answer for at most half of its timeout.
/// * Each topic is asked about at most once at a time, and at most once per second once something is
///   known about it. That a topic does not exist is remembered for 1 s.
/// * A topic that a refresh no longer finds keeps its route, as in Java: a name server that was
///   restarted knows no topic until the brokers register again. The route of an invalidated topic is
///   dropped.
/// * At most 10,000 topics are kept. A further one takes the place of those not used for longest.
///
/// Clones share the routes. Must be used within a tokio runtime.
///
/// ```no_run
/// use rocketmq_tower::client::TopicRoutes;
/// use rocketmq_tower::{BoxError, Client};
/// use std::time::Duration;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let routes = TopicRoutes::new(Client::new().name_servers(["127.0.0.1:9876"]));
/// let route = routes.get("TopicTest", Duration::from_secs(3)).await?;
/// for queue in route.read_queues() {
///     println!("{} of {:?}", queue.queue_id, route.master(&queue.broker_name));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TopicRoutes {
    pub(super) names: NameServers,
    table: Arc<Mutex<RouteTable>>,
    max_age: Duration,
    max_topics: usize,
    ask_timeout: Duration,
}

impl TopicRoutes {
    /// Creates a cache that asks `names`.
    #[must_use]
    pub fn new(names: NameServers) -> Self {
        Self {
            names,
            table: Arc::default(),
            max_age: Duration::from_secs(30),
            max_topics: 10_000,
            ask_timeout: Duration::from_secs(3),
        }
    }

    /// Sets the age from which a route is refreshed when it is used. Default: 30 s, as Java's
    /// `pollNameServerInterval`.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Sets the maximum number of topics, at least 1. Default: 10,000.
    #[must_use]
    pub fn max_topics(mut self, max: usize) -> Self {
        self.max_topics = max;
        self
    }

    /// Sets how long name servers may take to answer. A caller that waits for the answer waits within
    /// its own timeout. Default: 3 s, as Java's `mqClientApiTimeout`.
    #[must_use]
    pub fn ask_timeout(mut self, timeout: Duration) -> Self {
        self.ask_timeout = timeout;
        self
    }

    /// Returns the name servers.
    #[must_use]
    pub fn name_servers(&self) -> &NameServers {
        &self.names
    }

    /// Returns the route of `topic`. Waits for it for at most `timeout` if it is not known.
    ///
    /// # Errors
    /// If no route is known, and the name server does not know the topic or does not answer in time.
    pub async fn get(&self, topic: &str, timeout: Duration) -> Result<Arc<TopicRoute>, RouteError> {
        let entry = lock(&self.table).get_or_insert(topic, self.max_topics);
        match entry.look_up(self.max_age) {
            Lookup::Use(route) => return Ok(route),
            Lookup::UseOld(route, question) => {
                self.ask(question);
                return Ok(route);
            }
            Lookup::Missing => return Err(entry.missing()),
            Lookup::Wait(mut waiting) => {
                self.ask(waiting.question);
                let patience = if waiting.has_route { timeout / 2 } else { timeout };
                _ = tokio::time::timeout(patience, waiting.end.changed()).await;
            }
        }
        entry.result().unwrap_or_else(|| Err(self.timed_out(topic, timeout)))
    }

    /// Marks the route of `topic` as wrong, because a broker said so or could not be reached.
    pub fn invalidate(&self, topic: &str) {
        if let Some(entry) = lock(&self.table).get(topic) {
            entry.invalidate();
        }
    }

    /// Asks the question in a task, which ends within `ask_timeout`.
    fn ask(&self, question: Option<Question>) {
        if let Some(question) = question {
            spawn("rocketmq route", answer(self.names.clone(), question, self.ask_timeout));
        }
    }

    fn timed_out(&self, topic: &str, timeout: Duration) -> RouteError {
        let addr = self.names.chosen().unwrap_or_default();
        let source = Deadline::within(timeout).passed(&addr, CallStage::Answer);
        RouteError::Invoke { topic: topic.to_owned(), source }
    }
}

async fn answer(names: NameServers, question: Question, limit: Duration) {
    let answer = call(&names, &question.0.topic, limit).await;
    if let Err(error) = &answer {
        tracing::debug!("{error:#}");
    }
    question.answered(answer);
}

async fn call(
    names: &NameServers,
    topic: &str,
    limit: Duration,
) -> Result<TopicRouteData, RouteError> {
    let header = GetRouteInfoRequestHeader {
        topic,
        // Otherwise the ids of brokers may be unquoted keys, which is invalid JSON.
        accept_standard_json_only: Some(true),
    };
    let topic = || topic.to_owned();
    // The header is flat, so that it can be written.
    let mut request = RemotingCommand::request(RequestCode::GET_ROUTEINFO_BY_TOPIC);
    _ = request.set_header(&header);
    let response = names.invoke(request, limit).await;
    let response = response.map_err(|source| RouteError::Invoke { topic: topic(), source })?;
    match response.response_code() {
        ResponseCode::SUCCESS => {
            response.json().map_err(|source| RouteError::Body { topic: topic(), source })
        }
        ResponseCode::TOPIC_NOT_EXIST => Err(RouteError::TopicNotExist { topic: topic() }),
        code => {
            let remark = response.remark().unwrap_or_default().to_owned();
            Err(RouteError::Refused { topic: topic(), code, remark })
        }
    }
}

impl From<NameServers> for TopicRoutes {
    fn from(names: NameServers) -> Self {
        Self::new(names)
    }
}

impl fmt::Debug for TopicRoutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicRoutes")
            .field("name_servers", &self.names)
            .field("topics", &lock(&self.table).len())
            .field("max_age", &self.max_age)
            .field("max_topics", &self.max_topics)
            .field("ask_timeout", &self.ask_timeout)
            .finish()
    }
}
