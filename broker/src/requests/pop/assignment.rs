//! `QUERY_ASSIGNMENT` and `SET_MESSAGE_REQUEST_MODE`: the broker shares out the queues of a topic among
//! the consumers of a group.

use super::topic_to_pop;
use crate::pop::RequestMode;
use crate::refusal::refuse;
use crate::requests::{check_body, check_client};
use crate::state::BrokerState;
use crate::topics::names;
use rocketmq_tower::protocol::{
    MessageModel, MessageQueue, MessageQueueAssignment, MessageRequestMode,
    QueryAssignmentRequestBody, QueryAssignmentResponseBody, SetMessageRequestModeRequestBody,
};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// Java's names of strategies.
const AVERAGE: &str = "AVG";
const AVERAGE_BY_CIRCLE: &str = "AVG_BY_CIRCLE";

/// `SET_MESSAGE_REQUEST_MODE`
pub(crate) async fn set_mode(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let body: SetMessageRequestModeRequestBody = read(&request)?;
    if names::retried_group(&body.topic).is_some() {
        let text = "the mode of a retry topic cannot be set";
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    topic_to_pop(&broker, &body.topic, &body.consumer_group, -1)?;
    if body.mode == MessageRequestMode::Unknown {
        let text = "the mode is PULL or POP";
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    let mode = RequestMode { mode: body.mode, pop_share_queue_num: body.pop_share_queue_num };
    broker.modes.set(&broker.log, (&body.consumer_group, &body.topic), mode).await?;
    Ok(ResponseCode::SUCCESS)
}

/// `QUERY_ASSIGNMENT`. A body without assignments tells the client to keep what it has.
pub(crate) async fn query(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let body: QueryAssignmentRequestBody = read(&request)?;
    check_client(&body.client_id)?;
    let (group, topic) = (&body.consumer_group, &body.topic);
    let mode = broker.modes.get(group, topic).unwrap_or_default();
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    let Some(queues) = assigned(&broker, &body, mode) else { return Ok(response.with_body("{}")) };
    let assignment = |queue_id| MessageQueueAssignment {
        message_queue: MessageQueue {
            broker_name: broker.identity.name.clone(),
            queue_id,
            topic: topic.clone(),
        },
        mode: mode.mode,
    };
    let message_queue_assignments = queues.into_iter().map(assignment).collect();
    let body = QueryAssignmentResponseBody { message_queue_assignments };
    Ok(response.with_body(serde_json::to_vec(&body)?))
}

fn read<T: serde::de::DeserializeOwned>(request: &RemotingCommand) -> Result<T, BoxError> {
    check_body(request.body().len())?;
    Ok(request.json()?)
}

/// Returns the ids of the client's queues, or `None` if that is not known.
fn assigned(
    broker: &BrokerState,
    asked: &QueryAssignmentRequestBody,
    mode: RequestMode,
) -> Option<Vec<i32>> {
    let topic = broker.topics.get(&asked.topic)?;
    let queues = topic.settings.read_queues as usize;
    if asked.message_model == MessageModel::Broadcasting {
        return Some((0..queues as i32).collect());
    }
    let clients = broker.clients.consumers(&asked.consumer_group);
    if clients.is_empty() {
        return None;
    }
    let share = match asked.strategy_name.as_deref() {
        Some(AVERAGE) => average,
        Some(AVERAGE_BY_CIRCLE) => by_circle,
        _ => return None,
    };
    let client = clients.iter().position(|client| **client == *asked.client_id);
    let group = Sharing { queues, clients: clients.len(), share };
    Some(match mode.mode {
        MessageRequestMode::Pop => group.to_pop(client, mode.pop_share_queue_num),
        _ => client.map(|client| group.of(client)).unwrap_or_default(),
    })
}

/// How the queues of a topic are shared out.
#[derive(Clone, Copy)]
struct Sharing {
    queues: usize,
    clients: usize,
    /// Returns the queues of a client by the numbers of queues, of clients, and of this client.
    share: fn(usize, usize, usize) -> Vec<i32>,
}

impl Sharing {
    fn of(self, client: usize) -> Vec<i32> {
        (self.share)(self.queues, self.clients, client)
    }

    /// Returns the queues of a client that pops: all of them as one that is named -1, or its own and those
    /// of the next `shared` clients.
    fn to_pop(self, client: Option<usize>, shared: i32) -> Vec<i32> {
        let shared = usize::try_from(shared).unwrap_or(0);
        if shared == 0 || shared + 1 >= self.clients {
            return vec![-1];
        }
        let Some(client) = client else { return Vec::new() };
        if self.clients > self.queues {
            return vec![(client % self.queues.max(1)) as i32];
        }
        let clients = (client..=client + shared).map(|client| client % self.clients);
        clients.flat_map(|client| self.of(client)).collect()
    }
}

/// Each client has consecutive queues, the first ones one more.
fn average(queues: usize, clients: usize, client: usize) -> Vec<i32> {
    let (each, more) = (queues / clients, queues % clients);
    let first = client * each + client.min(more);
    let count = each + usize::from(client < more);
    (first..first + count).map(|queue| queue as i32).collect()
}

/// Each client has one queue after the other in turn.
fn by_circle(queues: usize, clients: usize, client: usize) -> Vec<i32> {
    (client..queues).step_by(clients.max(1)).map(|queue| queue as i32).collect()
}

#[cfg(test)]
mod tests {
    use super::{Sharing, average, by_circle};

    #[test]
    fn queues_are_shared_out_evenly() {
        let all = |share: fn(usize, usize, usize) -> Vec<i32>, queues, clients| {
            (0..clients).map(|client| share(queues, clients, client)).collect::<Vec<_>>()
        };
        assert_eq!(all(average, 8, 3), [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7]]);
        assert_eq!(all(average, 2, 3), [vec![0], vec![1], vec![]]);
        assert_eq!(all(by_circle, 8, 3), [vec![0, 3, 6], vec![1, 4, 7], vec![2, 5]]);
        assert_eq!(all(by_circle, 2, 3), [vec![0], vec![1], vec![]]);
    }

    #[test]
    fn those_that_pop_share_all_queues_or_those_of_the_next_clients() {
        let group = |queues, clients| Sharing { queues, clients, share: average };
        assert_eq!(group(8, 4).to_pop(Some(0), 0), [-1]);
        assert_eq!(group(8, 4).to_pop(None, 3), [-1]);
        assert_eq!(group(8, 4).to_pop(Some(3), 1), [6, 7, 0, 1]);
        assert_eq!(group(2, 4).to_pop(Some(3), 1), [1]);
        assert_eq!(group(8, 4).to_pop(None, 1), [0; 0]);
    }
}
