//! Why the route of a topic is not known.

use crate::client::InvokeError;
use rocketmq_tower_core::protocol::json::BodyError;
use rocketmq_tower_core::{ResponseCode, texts_with_causes};

texts_with_causes! {
    not_asked(topic: String, source: InvokeError) "the route of {topic} is unknown", source;
    not_read(topic: String, source: BodyError) "the route of {topic} cannot be read", source;
}

/// Why [`TopicRoutes`](super::TopicRoutes) does not know the route of a topic.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The name server does not know the topic.
    #[error("the topic {topic} does not exist")]
    TopicNotExist {
        /// The topic.
        topic: String,
    },
    /// The name server answered with another error.
    #[error("the name server refused to tell the route of {topic}: {code}: {remark}")]
    Refused {
        /// The topic.
        topic: String,
        /// The code of the response.
        code: ResponseCode,
        /// The remark of the response; empty if there is none.
        remark: String,
    },
    /// No name server responded.
    #[error(fmt = not_asked)]
    Invoke {
        /// The topic.
        topic: String,
        /// Why the call failed.
        source: InvokeError,
    },
    /// The name server's response is not a route.
    #[error(fmt = not_read)]
    Body {
        /// The topic.
        topic: String,
        /// Why it cannot be read.
        source: BodyError,
    },
}
