//! Common parts of the loads.

use super::server::Server;
use crate::apache::requests::create_topic;
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode, connect};
use std::fmt;
use std::time::Duration;

/// The timeout of a call; longer than any response takes.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// The number of queues of a topic.
const QUEUES: usize = 8;

/// One number for each queue.
pub(super) type PerQueue = [u64; QUEUES];

/// A number of callers, each with one call at a time, which share a number of connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) callers: usize,
    pub(super) connections: usize,
}

impl Load {
    /// Opens the connections, and returns a channel for each caller.
    pub(super) async fn connect(&self, server: &Server) -> Result<Vec<Channel>, BoxError> {
        let mut channels = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            channels.push(connect(&server.addr).await?);
        }
        Ok(channels.iter().cycle().take(self.callers).cloned().collect())
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let Self { callers, connections } = *self;
        let (one, other) = (plural(callers), plural(connections));
        write!(f, "{callers} caller{one}, {connections} connection{other}")
    }
}

/// A new topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: String,
}

impl Topic {
    pub(super) async fn create(server: &Server, name: &str) -> Result<Self, BoxError> {
        let create = create_topic(name, QUEUES as i32)?;
        let answer = connect(&server.addr).await?.invoke(create, TIMEOUT).await?;
        succeeded(&answer)?;
        Ok(Self { name: name.to_owned() })
    }
}

pub(super) fn succeeded(answer: &RemotingCommand) -> Result<(), BoxError> {
    match answer.response_code() {
        ResponseCode::SUCCESS => Ok(()),
        code => Err(format!("{code}: {}", answer.remark().unwrap_or_default()).into()),
    }
}
