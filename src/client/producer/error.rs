//! Why a message was not sent.

use crate::client::{InvokeError, RouteError};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::message::MessageError;
use rocketmq_tower_core::protocol::MessageQueue;
use rocketmq_tower_core::{HeaderError, ResponseCode, texts_with_causes};

texts_with_causes! {
    not_sent(broker_name: String, source: InvokeError)
        "the message could not be sent to the broker {broker_name}", source;
    not_read(broker_name: String, source: HeaderError)
        "the response of the broker {broker_name} cannot be read", source;
    not_encoded(source: MessageError) "the message cannot be encoded", source;
}

/// Why a [`Producer`](super::Producer) failed to send a message: the error of the last attempt.
///
/// An earlier attempt may have stored the message if it was not answered.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The topic or the group is not a name that brokers accept.
    #[error(
        "{name:?} is not the name of a {kind}: 1 to {max} letters, digits, '%', '|', '-' and '_'"
    )]
    InvalidName {
        /// `topic` or `group`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The maximum length.
        max: usize,
    },
    /// The body is empty. Java's consumers do not expect this.
    #[error("the body is empty")]
    EmptyBody,
    /// The body exceeds the producer's `max_message_size`.
    #[error("the body of {length} bytes exceeds the maximum of {max}")]
    BodyTooLong {
        /// The length of the body, in bytes.
        length: usize,
        /// The maximum.
        max: usize,
    },
    /// The messages cannot be sent as one batch.
    #[error("not a batch: {0}")]
    InvalidBatch(&'static str),
    /// The properties are too long.
    #[error(fmt = not_encoded)]
    Encode(#[source] MessageError),
    /// The route of the topic is unknown.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// No master broker has a queue of the topic that can be written.
    #[error("no master broker has a queue of {topic} that can be written")]
    NoQueue {
        /// The topic.
        topic: String,
    },
    /// The queue is of another topic than the message, or no master with its broker's name has the topic.
    #[error(
        "no master broker {} with the topic {} has the queue of the message",
        .queue.broker_name, .queue.topic
    )]
    UnknownQueue {
        /// The queue.
        queue: MessageQueue,
    },
    /// The broker did not respond.
    #[error(fmt = not_sent)]
    Broker {
        /// The name of the broker.
        broker_name: String,
        /// Why the call failed.
        source: InvokeError,
    },
    /// The broker refused the message.
    #[error("the broker {broker_name} refused the message: {code}: {remark}")]
    Refused {
        /// The name of the broker.
        broker_name: String,
        /// The code of the response.
        code: ResponseCode,
        /// The remark of the response; empty if there is none.
        remark: String,
    },
    /// The broker stored the message, but its response cannot be read.
    #[error(fmt = not_read)]
    Response {
        /// The name of the broker.
        broker_name: String,
        /// What is wrong with the response.
        source: HeaderError,
    },
}

/// How a producer goes on after an attempt that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reaction {
    /// Avoid the broker for a time.
    pub(super) avoid: bool,
    /// Ask for the route again.
    pub(super) invalidate: bool,
    /// Try again.
    pub(super) retry: bool,
    /// The broker may have stored the message without answering.
    pub(super) is_unanswered: bool,
}

impl SendError {
    pub(super) fn reaction(&self) -> Reaction {
        match self {
            Self::Broker { source, .. } => after_failed_call(source),
            Self::Refused { code, .. } => after_refusal(*code),
            _ => Reaction::default(),
        }
    }
}

fn after_failed_call(error: &InvokeError) -> Reaction {
    let is_invalid_addr = matches!(error, InvokeError::InvalidAddr { .. });
    if error.is_final() && !is_invalid_addr {
        return Reaction::default();
    }
    let (avoid, invalidate) = match error {
        // These are the client's own limits.
        InvokeError::TooManyCalls { .. } | InvokeError::TooManyConnections { .. } => (false, false),
        InvokeError::Timeout { stage: CallStage::Capacity, .. } => (false, false),
        InvokeError::Timeout { stage: CallStage::Answer, .. } => (true, false),
        _ => (true, true),
    };
    Reaction { avoid, invalidate, retry: true, is_unanswered: !error.is_unprocessed() }
}

/// The codes after which Java tries again: `retryResponseCodes` of `DefaultMQProducer`. `GO_AWAY`, which
/// is one of them, is an [`InvokeError`] here.
fn after_refusal(code: ResponseCode) -> Reaction {
    let (avoid, invalidate) = match code {
        ResponseCode::SYSTEM_ERROR | ResponseCode::SYSTEM_BUSY => (true, false),
        ResponseCode::SERVICE_NOT_AVAILABLE => (true, true),
        ResponseCode::TOPIC_NOT_EXIST
        | ResponseCode::NO_PERMISSION
        | ResponseCode::NO_BUYER_ID
        | ResponseCode::NOT_IN_CURRENT_UNIT => (false, true),
        _ => return Reaction::default(),
    };
    Reaction { avoid, invalidate, retry: true, is_unanswered: false }
}
