//! One send: the choice of a queue, and further attempts at other brokers.

use super::error::Reaction;
use super::result::SendStatus;
use super::{Producer, SendError};
use crate::client::RouteError;
use crate::client::call::ClientCall;
use crate::client::deadline::Deadline;
use crate::client::on_drop::OnDrop;
use crate::client::routes::{Master, TopicRoute};
use rocketmq_tower_core::message::{Message, SendHeader};
use rocketmq_tower_core::protocol::MessageQueue;
use rocketmq_tower_core::{Addr, RemotingCommand};
use std::sync::Arc;
use tokio::time::Instant;

pub(super) struct Delivery<'a> {
    producer: &'a Producer,
    message: &'a Message,
    is_batch: bool,
    is_oneway: bool,
    deadline: Deadline,
}

/// A queue of a master.
struct Place {
    /// The route that it was chosen from.
    route: Arc<TopicRoute>,
    master: Arc<Master>,
    queue_id: i32,
}

/// The response of a broker that stored the message.
pub(super) struct Delivered {
    pub(super) response: RemotingCommand,
    pub(super) status: SendStatus,
    pub(super) master: Arc<Master>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(producer: &'a Producer, message: &'a Message) -> Self {
        let deadline = Deadline::within(producer.timeout);
        Self { producer, message, is_batch: false, is_oneway: false, deadline }
    }

    pub(super) fn batch(mut self) -> Self {
        self.is_batch = true;
        self
    }

    pub(super) fn oneway(mut self) -> Self {
        self.is_oneway = true;
        self
    }

    /// Sends to any queue, and tries another broker if one fails.
    pub(super) async fn to_any(&self) -> Result<Delivered, SendError> {
        let mut tried = Vec::new();
        let mut last = None;
        let mut later = self.producer.attempts;
        loop {
            later = later.saturating_sub(1);
            let place = match self.choose(&tried).await {
                Ok(place) => place,
                Err(error) => return Err(last.unwrap_or(error)),
            };
            let error = match self.attempt(&place, later).await {
                Ok(delivered) => return Ok(delivered),
                Err(error) => error,
            };
            if later == 0 || self.deadline.left().is_zero() || !self.may_retry(error.reaction()) {
                return Err(error);
            }
            tracing::debug!("trying again: {error:#}");
            if !tried.contains(&place.master.addr) {
                tried.push(place.master.addr.clone());
            }
            last = Some(error);
        }
    }

    /// Sends to this queue, once.
    pub(super) async fn to_queue(&self, queue: &MessageQueue) -> Result<Delivered, SendError> {
        let unknown = || SendError::UnknownQueue { queue: queue.clone() };
        if queue.topic != self.message.topic {
            return Err(unknown());
        }
        let (route, _) = self.route().await?;
        let master = route.find(&queue.broker_name).ok_or_else(unknown)?;
        let (master, queue_id) = (Arc::clone(master), queue.queue_id);
        let place = Place { route, master, queue_id };
        self.attempt(&place, 0).await
    }

    fn may_retry(&self, reaction: Reaction) -> bool {
        let may_be_stored = reaction.is_unanswered;
        reaction.retry && (!may_be_stored || (self.producer.retry_unanswered && !self.is_oneway))
    }

    /// Chooses the next queue in turn, at best of a broker that is neither avoided nor tried.
    async fn choose(&self, tried: &[Addr]) -> Result<Place, SendError> {
        let (route, max) = self.route().await?;
        let is_new = |addr: &Addr| !tried.contains(addr);
        let chosen = self.producer.brokers.with(|is_avoided| {
            let (master, queue_id) = route
                .next_queue(max, |addr| is_new(addr) && !is_avoided(addr))
                .or_else(|| route.next_queue(max, is_new))
                .or_else(|| route.next_queue(max, |addr| !is_avoided(addr)))
                .or_else(|| route.next_queue(max, |_| true))?;
            Some((Arc::clone(master), queue_id))
        });
        match chosen {
            Some((master, queue_id)) => Ok(Place { route, master, queue_id }),
            None => Err(SendError::NoQueue { topic: self.message.topic.clone() }),
        }
    }

    /// Returns the topic's route, and the maximum number of queues on a broker. A topic that does not
    /// exist has the route of the default topic.
    async fn route(&self) -> Result<(Arc<TopicRoute>, u32), SendError> {
        let routes = &self.producer.routes;
        let missing = match routes.get(&self.message.topic, self.deadline.left()).await {
            Ok(route) => return Ok((route, u32::MAX)),
            Err(error @ RouteError::TopicNotExist { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        match routes.get(SendHeader::DEFAULT_TOPIC, self.deadline.left()).await {
            Ok(route) => Ok((route, self.producer.default_topic_queue_nums)),
            Err(RouteError::TopicNotExist { .. }) => Err(missing.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends to one broker. `later` is the number of attempts that may follow.
    async fn attempt(&self, place: &Place, later: u32) -> Result<Delivered, SendError> {
        let (producer, master) = (self.producer, &place.master);
        // A caller that gives up while there is no connection makes later sends avoid the broker.
        let given_up = OnDrop::new(|| {
            if !producer.routes.names.client.pool.is_connected(&master.addr) {
                producer.brokers.failed(&master.addr);
            }
        });
        let result = self.call(place, later).await;
        given_up.disarm();
        let result = result.and_then(|response| {
            let code = response.response_code();
            match SendStatus::from_code(code) {
                Some(status) => Ok(Delivered { response, status, master: Arc::clone(master) }),
                None => Err(SendError::Refused {
                    broker_name: master.broker_name.clone(),
                    code,
                    remark: response.remark().unwrap_or_default().to_owned(),
                }),
            }
        });
        match &result {
            Ok(_) => producer.brokers.succeeded(&master.addr),
            Err(error) => {
                let reaction = error.reaction();
                if reaction.avoid {
                    producer.brokers.failed(&master.addr);
                }
                if reaction.invalidate {
                    producer.routes.invalidate(place.route.topic());
                }
            }
        }
        result
    }

    async fn call(&self, place: &Place, later: u32) -> Result<RemotingCommand, SendError> {
        let left = self.deadline.left();
        // The last attempt has all the time that is left, as in Java.
        let limit = self.producer.attempt_timeout.filter(|_| later > 0);
        let limit = limit.map_or(left, |limit| limit.min(left));
        // Connecting leaves time for the other brokers.
        let connect_by = Instant::now() + left / later.saturating_add(1);
        let addr = place.master.addr.clone();
        let client = &self.producer.routes.names.client;
        let call = ClientCall::new(client, addr, Deadline::within(limit)).connect_by(connect_by);
        call.run(self.request(place)).await.map_err(|source| SendError::Broker {
            broker_name: place.master.broker_name.clone(),
            source,
        })
    }

    fn request(&self, place: &Place) -> RemotingCommand {
        let mut header = self.message.header(&self.producer.group, place.queue_id);
        header.default_topic_queue_nums = self.producer.default_topic_queue_nums as i32;
        header.batch = self.is_batch;
        header.broker_name = Some(&place.master.broker_name);
        let request = header.request().with_body(self.message.body.clone());
        if self.is_oneway { request.oneway() } else { request }
    }
}
