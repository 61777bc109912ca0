//! The members of a group, and how far it has consumed, on all brokers.

use crate::cluster::Master;
use crate::failure::Failure;
use crate::link::Link;
use rocketmq_tower::protocol::{
    ClientConnection, ConsumeStats, ConsumerConnection, GetConsumeStatsRequestHeader,
    GetConsumerConnectionListRequestHeader, MessageQueue, OffsetWrapper,
};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct State {
    /// The members, by their ids. Each is known to several brokers.
    pub(super) members: BTreeMap<String, ClientConnection>,
    /// The expressions of the subscriptions, by topic.
    pub(super) subscriptions: BTreeMap<String, String>,
    pub(super) queues: BTreeMap<MessageQueue, OffsetWrapper>,
}

impl State {
    pub(super) async fn ask(link: &Link, masters: &[Master], group: &str) -> Result<Self, Failure> {
        let mut state = Self::default();
        for master in masters {
            let asked = state.add(link, master, group).await;
            asked.map_err(|failure| failure.at(&master.name))?;
        }
        Ok(state)
    }

    async fn add(&mut self, link: &Link, master: &Master, group: &str) -> Result<(), Failure> {
        let request = RemotingCommand::request(RequestCode::GET_CONSUMER_CONNECTION_LIST)
            .with_header(&GetConsumerConnectionListRequestHeader { consumer_group: group })?;
        let response = link.ask(&master.addr, request).await?;
        match response.response_code() {
            ResponseCode::SUCCESS => {
                let consumers: ConsumerConnection = response.json()?;
                for member in consumers.connection_set {
                    self.members.insert(member.client_id.clone(), member);
                }
                for (topic, subscription) in consumers.subscription_table {
                    self.subscriptions.insert(topic, subscription.sub_string);
                }
            }
            ResponseCode::CONSUMER_NOT_ONLINE => {}
            _ => return Err(Failure::refusal(&response)),
        }
        let request = RemotingCommand::request(RequestCode::GET_CONSUME_STATS)
            .with_header(&GetConsumeStatsRequestHeader { consumer_group: group, topic: None })?;
        let stats: ConsumeStats = link.call(&master.addr, request).await?.json()?;
        self.queues.extend(stats.offset_table);
        Ok(())
    }

    /// Returns the number of messages that the group has not consumed.
    pub(super) fn lag(&self) -> i64 {
        self.queues.values().map(lag).sum()
    }
}

pub(super) fn lag(of: &OffsetWrapper) -> i64 {
    of.broker_offset.saturating_sub(of.consumer_offset).max(0)
}
