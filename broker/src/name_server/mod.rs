//! The name server, which tells clients the routes of topics. It serves one broker, in the same
//! process, and reads that broker's topics, so that a new topic has a route at once.

mod bodies;
mod kv;
mod routes;

use crate::log::Log;
use crate::service::handler;
use crate::state::BrokerIdentity;
use crate::topics::Topics;
use kv::KvConfig;
use rocketmq_tower::router::DuplicateRoute;
use rocketmq_tower::{BoxError, RequestCode, Router};
use std::sync::Arc;

/// The name server's state.
pub(crate) struct NameServerState {
    broker: Arc<BrokerIdentity>,
    topics: Arc<Topics>,
    kv: KvConfig,
}

impl NameServerState {
    pub(crate) fn open(
        broker: Arc<BrokerIdentity>,
        topics: Arc<Topics>,
        log: Arc<Log>,
    ) -> Result<Self, BoxError> {
        Ok(Self { broker, topics, kv: KvConfig::open(log)? })
    }

    /// Returns the router of its requests.
    pub(crate) fn router(self: &Arc<Self>) -> Result<Router, DuplicateRoute> {
        Router::builder()
            .route(RequestCode::GET_ROUTEINFO_BY_TOPIC, handler(self, routes::of_topic))
            .route(RequestCode::GET_BROKER_CLUSTER_INFO, handler(self, routes::cluster))
            .route(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, handler(self, routes::topics))
            .route(RequestCode::REGISTER_BROKER, handler(self, routes::register))
            .route(RequestCode::UNREGISTER_BROKER, handler(self, routes::unregister))
            .route(RequestCode::PUT_KV_CONFIG, handler(self, kv::put))
            .route(RequestCode::GET_KV_CONFIG, handler(self, kv::get))
            .route(RequestCode::DELETE_KV_CONFIG, handler(self, kv::delete))
            .route(RequestCode::GET_KVLIST_BY_NAMESPACE, handler(self, kv::list))
            .build()
    }
}
