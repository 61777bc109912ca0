//! The topics of the broker. The name server reads them, too.

pub(crate) mod names;
mod system;
#[cfg(test)]
mod tests;
mod topic;

use crate::log::{Log, LogError, LogWrite, MAX_QUEUES, Queue};
use crate::refusal::refuse;
use crate::state::BrokerIdentity;
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::{BoxError, ResponseCode};
use rocketmq_tower_core::sync::{read, write};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, RwLock};
use tokio::sync::Mutex;
use topic::TopicRow;
pub(crate) use topic::{Topic, TopicSettings};

/// The maximum number of topics.
const MAX_TOPICS: usize = 100_000;

/// The maximum number of queues of a topic.
const MAX_QUEUES_OF_TOPIC: usize = 1024;

/// The number of queues of [`names::DEFAULT`]: a send creates a topic with at most this number.
pub(crate) const DEFAULT_QUEUES: u32 = 8;

/// All topics, by their names.
pub(crate) struct Topics {
    by_name: RwLock<HashMap<String, Arc<Topic>>>,
    /// The number of the next queue. The lock is held while a topic is created or changed.
    next_number: Mutex<u32>,
    log: Arc<Log>,
}

impl Topics {
    /// Reads the stored topics, and creates the broker's own topics.
    pub(crate) async fn open(log: Arc<Log>, identity: &BrokerIdentity) -> Result<Self, BoxError> {
        let mut rows = Vec::new();
        log.storage().scan(StorageTable::Topics, b""..b"\xff", &mut |name, row| {
            rows.push((name.to_vec(), row.to_vec()));
            ControlFlow::Continue(())
        })?;
        let (mut by_name, mut next) = (HashMap::new(), 0);
        for (name, row) in rows {
            let name = String::from_utf8(name)?;
            let row: TopicRow = serde_json::from_slice(&row)?;
            next = row.numbers.iter().map(|number| number + 1).fold(next, u32::max);
            let queues = row.numbers.iter().map(|&number| Ok(Arc::new(log.recover(number)?)));
            let queues = queues.collect::<Result<_, LogError>>()?;
            let topic = Topic { name: name.clone(), settings: row.settings, queues };
            by_name.insert(name, Arc::new(topic));
        }
        let topics = Self { by_name: RwLock::new(by_name), next_number: Mutex::new(next), log };
        topics.create_all(&system::topics(identity)).await?;
        Ok(topics)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Topic>> {
        read(&self.by_name).get(name).cloned()
    }

    /// Returns the topic, or the error response for a topic that does not exist.
    pub(crate) fn find(&self, name: &str) -> Result<Arc<Topic>, BoxError> {
        let missing = || refuse(ResponseCode::TOPIC_NOT_EXIST, format!("there is no topic {name}"));
        self.get(name).ok_or_else(missing)
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
            None => self.set(name, settings, false).await,
        }
    }

    /// Creates those of the topics that do not exist, with one write.
    async fn create_all(&self, topics: &[(String, TopicSettings)]) -> Result<(), BoxError> {
        let mut next_number = self.next_number.lock().await;
        let (mut next, mut rows, mut created) = (*next_number, StorageBatch::default(), Vec::new());
        for (name, settings) in topics.iter().filter(|(name, _)| self.get(name).is_none()) {
            let queues = new_queues(&mut next, settings.queues());
            rows.put(StorageTable::Topics, name, row(settings, &queues)?);
            created.push(Topic { name: name.clone(), settings: settings.clone(), queues });
        }
        self.log.write(LogWrite::rows(rows)).await?;
        *next_number = next;
        let mut by_name = write(&self.by_name);
        by_name.extend(created.into_iter().map(|topic| (topic.name.clone(), Arc::new(topic))));
        Ok(())
    }

    /// Creates the topic, or changes its settings.
    pub(crate) async fn update(
        &self,
        name: &str,
        settings: &TopicSettings,
    ) -> Result<Arc<Topic>, BoxError> {
        self.set(name, settings, true).await
    }

    async fn set(
        &self,
        name: &str,
        settings: &TopicSettings,
        change: bool,
    ) -> Result<Arc<Topic>, BoxError> {
        let mut next_number = self.next_number.lock().await;
        let old = self.get(name);
        match &old {
            Some(old) if !change || old.settings == *settings => return Ok(Arc::clone(old)),
            _ => {}
        }
        let mut queues = old.map(|old| old.queues.clone()).unwrap_or_default();
        check_queues(name, settings)?;
        let (mut next, missing) = (*next_number, settings.queues().saturating_sub(queues.len()));
        self.check_room(next + missing as u32)?;
        queues.extend(new_queues(&mut next, missing));

        let mut rows = StorageBatch::default();
        rows.put(StorageTable::Topics, name, row(settings, &queues)?);
        self.log.write(LogWrite::rows(rows)).await?;

        *next_number = next;
        let topic = Topic { name: name.to_owned(), settings: settings.clone(), queues };
        let topic = Arc::new(topic);
        let mut by_name = write(&self.by_name);
        by_name.insert(name.to_owned(), Arc::clone(&topic));
        tracing::info!(topic = name, ?settings, "topic");
        Ok(topic)
    }

    fn check_room(&self, numbers: u32) -> Result<(), BoxError> {
        let topics = read(&self.by_name).len();
        if topics >= MAX_TOPICS || numbers >= MAX_QUEUES {
            let text = format!(
                "the broker cannot have more than {MAX_TOPICS} topics, or {MAX_QUEUES} queues"
            );
            return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
        }
        Ok(())
    }
}

/// Returns queues with the next numbers.
fn new_queues(next: &mut u32, count: usize) -> Vec<Arc<Queue>> {
    let first = *next;
    *next += count as u32;
    (first..*next).map(|number| Arc::new(Queue::new(number, 0, 0))).collect()
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
