//! Maps the errors of calls to the ends in the journal.

use crate::journal::End;
use rocketmq_tower::CallError;
use rocketmq_tower::channel::CallStage;
use rocketmq_tower::client::InvokeError;

/// The connection closed before the response came.
pub(crate) const CLOSED: &str = "connection closed";

/// Returns how a client's call ended.
pub(crate) fn of_client(error: &InvokeError) -> End {
    let name = match error {
        InvokeError::Connect { .. } => "no connection",
        InvokeError::NotSent { .. } => "not sent",
        InvokeError::Timeout { stage: CallStage::Capacity, .. } => "no permit in time",
        InvokeError::Timeout { stage: CallStage::Connection, .. } => "no connection in time",
        InvokeError::Timeout { .. } => "no response in time",
        InvokeError::Closed { .. } => CLOSED,
        InvokeError::GoAway { .. } => "go away",
        InvokeError::TooManyCalls { .. } => "too many calls",
        InvokeError::ShutDown => "client shut down",
        _ => "other",
    };
    End::Error { name, unprocessed: error.is_unprocessed() }
}

/// Returns how a call over a channel ended.
pub(crate) fn of_channel(error: &CallError) -> End {
    let (name, unprocessed) = match error {
        CallError::Timeout { stage: CallStage::Answer, .. } => ("push: no response in time", false),
        CallError::Timeout { .. } => ("push: no permit in time", true),
        CallError::Closed(_) => ("push: connection closed", false),
        CallError::NotSent(_) => ("push: not sent", true),
        CallError::Full => ("push: full", true),
        _ => ("push: other", true),
    };
    End::Error { name, unprocessed }
}
