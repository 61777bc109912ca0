//! The topics of the broker. The name server reads them, too.

mod awaited;
mod deletion;
pub(crate) mod names;
pub(crate) mod system;
#[cfg(test)]
mod tests;
mod topic;
mod unlisted;

use crate::attributes::{AttributeChanges, OF_TOPICS};
use crate::data_version::TableVersion;
use crate::log::{Log, LogError, LogWrite, MAX_QUEUES, Queue};
use crate::refusal::refuse;
use crate::state::BrokerIdentity;
use crate::statistics::TopicPuts;
use crate::storage::{StorageBatch, StorageTable};
use awaited::AwaitedTopics;
pub(crate) use deletion::{delete, expire};
use rocketmq_tower::{BoxError, ResponseCode};
use rocketmq_tower_core::sync::{read, write};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, RwLock};
use tokio::sync::{Mutex, Notify};
use topic::TopicRow;
pub(crate) use topic::{Topic, TopicSettings};
use unlisted::Unlisted;

/// The maximum number of topics of applications, and of topics of groups: retries and dead letters.
/// Each topic of a group has one queue, for which there is always a number.
const MAX_TOPICS: usize = 100_000;
const MAX_TOPICS_OF_GROUPS: usize = 100_000;

/// The maximum number of queues of a topic.
const MAX_QUEUES_OF_TOPIC: usize = 1024;

/// The number of queues of [`names::DEFAULT`]: a send creates a topic with at most this number.
pub(crate) const DEFAULT_QUEUES: u32 = 8;

/// All topics, by their names.
pub(crate) struct Topics {
    by_name: RwLock<HashMap<String, Arc<Topic>>>,
    /// The number of the next queue. The lock is held while a topic is created or changed.
    next_number: Mutex<u32>,
    /// The number of topics of groups.
    of_groups: AtomicUsize,
    awaited: AwaitedTopics,
    unlisted: Unlisted,
    pub(crate) version: TableVersion,
    identity: Arc<BrokerIdentity>,
    log: Arc<Log>,
}

impl Topics {
    /// Reads the stored topics, and creates the broker's own topics.
    pub(crate) async fn open(
        log: Arc<Log>,
        identity: &Arc<BrokerIdentity>,
    ) -> Result<Self, BoxError> {
        let mut rows = Vec::new();
        log.storage().scan(StorageTable::Topics, b""..b"\xff", &mut |name, row| {
            rows.push((name.to_vec(), row.to_vec()));
            ControlFlow::Continue(())
        })?;
        // A lost topic's messages are not those of a new one.
        let (mut by_name, mut next, mut of_groups) =
            (HashMap::new(), log.storage().next_queue(), 0);
        for (name, row) in rows {
            let name = String::from_utf8(name)?;
            let row: TopicRow = serde_json::from_slice(&row)?;
            next = row.numbers.iter().map(|number| number + 1).fold(next, u32::max);
            let (puts, arrivals) = (puts(&log, identity, &name), Arc::default());
            let recover = |&number: &_| Ok(Arc::new(log.recover(number, &puts, &arrivals)?));
            let queues = row.numbers.iter().map(recover).collect::<Result<_, LogError>>()?;
            let topic = Topic { name: name.clone(), settings: row.settings, queues, arrivals };
            of_groups += usize::from(names::is_of_group(&name));
            by_name.insert(name, Arc::new(topic));
        }
        let topics = Self {
            by_name: RwLock::new(by_name),
            next_number: Mutex::new(next),
            of_groups: AtomicUsize::new(of_groups),
            awaited: AwaitedTopics::default(),
            unlisted: Unlisted::default(),
            version: TableVersion::default(),
            identity: Arc::clone(identity),
            log,
        };
        topics.create_all(&system::topics(identity)).await?;
        Ok(topics)
    }

    fn puts(&self, name: &str) -> Arc<TopicPuts> {
        puts(&self.log, &self.identity, name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Topic>> {
        read(&self.by_name).get(name).cloned()
    }

    /// Returns the topic, or the error response for a topic that does not exist.
    pub(crate) fn find(&self, name: &str) -> Result<Arc<Topic>, BoxError> {
        let missing = || refuse(ResponseCode::TOPIC_NOT_EXIST, format!("there is no topic {name}"));
        self.get(name).ok_or_else(missing)
    }

    /// Returns the topic to read from it. The retry topic of a group that has no retries yet does not
    /// exist: it reads as an empty topic, as consumers look at it from their start.
    pub(crate) fn find_to_read(&self, name: &str) -> Result<Arc<Topic>, BoxError> {
        self.find(name).or_else(|missing| {
            let group = names::retried_group(name).ok_or(missing)?;
            names::check_group(group)?;
            Ok(Arc::new(Topic::empty(name)))
        })
    }

    /// Returns the topic as soon as it exists.
    pub(crate) async fn created(&self, name: &str) -> Arc<Topic> {
        let awaited = self.awaited.watch(name);
        loop {
            let created = awaited.created();
            if let Some(topic) = self.get(name) {
                return topic;
            }
            created.await;
        }
    }

    /// Returns the number of topics.
    pub(crate) fn len(&self) -> usize {
        read(&self.by_name).len()
    }

    /// Returns all topics, in no particular order.
    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        read(&self.by_name).values().cloned().collect()
    }

    /// Returns the topic, and creates it with these settings if it does not exist.
    pub(crate) async fn ensure(
        &self,
        name: &str,
        settings: &TopicSettings,
    ) -> Result<Arc<Topic>, BoxError> {
        match self.get(name) {
            Some(topic) => Ok(topic),
            None => self.set(name, |old| Ok(old.is_none().then(|| settings.clone()))).await,
        }
    }

    /// Creates those of the topics that do not exist, with one write.
    async fn create_all(&self, topics: &[(String, TopicSettings)]) -> Result<(), BoxError> {
        let mut next_number = self.next_number.lock().await;
        let (mut next, mut rows, mut created) = (*next_number, StorageBatch::default(), Vec::new());
        for (name, settings) in topics.iter().filter(|(name, _)| self.get(name).is_none()) {
            let arrivals = Arc::default();
            let queues = new_queues(&mut next, settings.queues(), &self.puts(name), &arrivals);
            rows.put(StorageTable::Topics, name, row(settings, &queues)?);
            created.push(Topic {
                name: name.clone(),
                settings: settings.clone(),
                queues,
                arrivals,
            });
        }
        self.log.write(LogWrite::rows(rows)).await?;
        *next_number = next;
        let mut by_name = write(&self.by_name);
        by_name.extend(created.into_iter().map(|topic| (topic.name.clone(), Arc::new(topic))));
        Ok(())
    }

    /// Creates the topic, or changes its settings. It keeps its attributes, except for those that are
    /// changed.
    pub(crate) async fn update(
        &self,
        name: &str,
        settings: &TopicSettings,
        changes: &AttributeChanges,
    ) -> Result<Arc<Topic>, BoxError> {
        let change = |old: Option<&TopicSettings>| {
            let attributes = changes.apply(OF_TOPICS, old.map(|old| &old.attributes))?;
            Ok(Some(TopicSettings { attributes, ..settings.clone() }))
        };
        self.set(name, change).await
    }

    /// Creates or changes a topic. `change` gets the settings that it has, and returns the new ones, or
    /// `None` if they are to stay.
    async fn set(
        &self,
        name: &str,
        change: impl FnOnce(Option<&TopicSettings>) -> Result<Option<TopicSettings>, BoxError>,
    ) -> Result<Arc<Topic>, BoxError> {
        let mut next_number = self.next_number.lock().await;
        let old = self.get(name);
        let new = change(old.as_ref().map(|old| &old.settings))?;
        let settings = match (new, &old) {
            (Some(settings), Some(old)) if settings == old.settings => return Ok(Arc::clone(old)),
            (Some(settings), _) => settings,
            (None, Some(old)) => return Ok(Arc::clone(old)),
            (None, None) => return self.find(name),
        };
        let settings = &settings;
        let is_new = old.is_none();
        // The signal stays the same, as pops wait for it.
        let (mut queues, arrivals) = match old {
            Some(old) => (old.queues.clone(), Arc::clone(&old.arrivals)),
            None => Default::default(),
        };
        check_queues(name, settings)?;
        let (mut next, missing) = (*next_number, settings.queues().saturating_sub(queues.len()));
        let (of_groups, topics) = (self.of_groups.load(Relaxed), read(&self.by_name).len());
        let room = Room { of_groups, of_applications: topics - of_groups };
        room.check(names::is_of_group(name), is_new, next + missing as u32)?;
        let puts = queues.first().map(|queue: &Arc<Queue>| Arc::clone(queue.puts()));
        let puts = puts.unwrap_or_else(|| self.puts(name));
        queues.extend(new_queues(&mut next, missing, &puts, &arrivals));

        let mut rows = StorageBatch::default();
        rows.put(StorageTable::Topics, name, row(settings, &queues)?);
        self.log.write(LogWrite::rows(rows)).await?;

        *next_number = next;
        let settings = settings.clone();
        let topic = Arc::new(Topic { name: name.to_owned(), settings, queues, arrivals });
        let settings = &topic.settings;
        let mut by_name = write(&self.by_name);
        by_name.insert(name.to_owned(), Arc::clone(&topic));
        drop(by_name);
        self.unlisted.remove(name);
        self.version.changed();
        if is_new {
            self.of_groups.fetch_add(usize::from(names::is_of_group(name)), Relaxed);
            self.awaited.created(name);
        }
        tracing::info!(topic = name, ?settings, "topic");
        Ok(topic)
    }
}

/// The numbers of topics that exist.
#[derive(Clone, Copy, Debug)]
struct Room {
    of_groups: usize,
    of_applications: usize,
}

impl Room {
    /// Fails if there is no room for a topic, or for all queues up to the number `queues`.
    fn check(self, of_group: bool, is_new: bool, queues: u32) -> Result<(), BoxError> {
        let (topics, max, max_queues) = match of_group {
            true => (self.of_groups, MAX_TOPICS_OF_GROUPS, MAX_QUEUES),
            // The rest is for the topics of groups.
            false => (self.of_applications, MAX_TOPICS, MAX_QUEUES - MAX_TOPICS_OF_GROUPS as u32),
        };
        if (is_new && topics >= max) || queues >= max_queues {
            let kind = if of_group { " for retries and dead letters" } else { "" };
            let text = format!(
                "the broker cannot have more than {max} topics{kind}, or {max_queues} queues"
            );
            return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
        }
        Ok(())
    }
}

/// Returns the statistics of a new topic.
fn puts(log: &Log, identity: &BrokerIdentity, name: &str) -> Arc<TopicPuts> {
    Arc::new(TopicPuts::new(log.puts(), system::is_system(identity, name)))
}

/// Returns queues with the next numbers.
fn new_queues(
    next: &mut u32,
    count: usize,
    puts: &Arc<TopicPuts>,
    arrivals: &Arc<Notify>,
) -> Vec<Arc<Queue>> {
    let first = *next;
    *next += count as u32;
    let queue = |number| Arc::new(Queue::new(number, 0..0, Arc::clone(puts), arrivals));
    (first..*next).map(queue).collect()
}

/// Returns a topic's row in the store.
fn row(settings: &TopicSettings, queues: &[Arc<Queue>]) -> Result<Vec<u8>, serde_json::Error> {
    let numbers = queues.iter().map(|queue| queue.number()).collect();
    serde_json::to_vec(&TopicRow { settings: settings.clone(), numbers })
}

fn check_queues(name: &str, settings: &TopicSettings) -> Result<(), BoxError> {
    let queues = settings.queues();
    if (1..=MAX_QUEUES_OF_TOPIC).contains(&queues) {
        return Ok(());
    }
    let text =
        format!("{name} cannot have {queues} queues: a topic has 1 to {MAX_QUEUES_OF_TOPIC}");
    Err(refuse(ResponseCode::INVALID_PARAMETER, text))
}
