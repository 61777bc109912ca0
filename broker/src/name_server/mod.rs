//! The name server, which tells clients the routes of topics. It serves one broker, in the same
//! process, and reads that broker's topics, so that a new topic has a route at once.

mod admin;
mod kv;
mod lists;
mod routes;

use crate::state::BrokerState;
use kv::KvConfig;
use rocketmq_tower::router::DuplicateRoute;
use rocketmq_tower::{BoxError, RequestCode, Router};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::Semaphore;

/// The name server's state.
pub(crate) struct NameServerState {
    broker: Arc<BrokerState>,
    kv: KvConfig,
    /// For lists of topics.
    lists: Semaphore,
    /// Producers must not send to the broker: a tool has said so.
    write_wiped: AtomicBool,
}

impl NameServerState {
    pub(crate) fn open(broker: &Arc<BrokerState>) -> Result<Self, BoxError> {
        Ok(Self {
            broker: Arc::clone(broker),
            kv: KvConfig::open(Arc::clone(&broker.log))?,
            lists: Semaphore::new(lists::AT_A_TIME),
            write_wiped: false.into(),
        })
    }

    /// Returns the router of its requests.
    pub(crate) fn router(self: &Arc<Self>) -> Result<Router, DuplicateRoute> {
        Router::builder()
            .with_state(Arc::clone(self))
            .route_fn(RequestCode::GET_ROUTEINFO_BY_TOPIC, routes::of_topic)
            .route_fn(RequestCode::GET_BROKER_CLUSTER_INFO, routes::cluster)
            .route_fn(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, lists::topics)
            .route_fn(RequestCode::REGISTER_BROKER, routes::register)
            .route_fn(RequestCode::UNREGISTER_BROKER, routes::unregister)
            .route_fn(RequestCode::PUT_KV_CONFIG, kv::put)
            .route_fn(RequestCode::GET_KV_CONFIG, kv::get)
            .route_fn(RequestCode::DELETE_KV_CONFIG, kv::delete)
            .route_fn(RequestCode::GET_KVLIST_BY_NAMESPACE, kv::list)
            .route_fn(RequestCode::GET_NAMESRV_CONFIG, admin::config)
            .route_fn(RequestCode::UPDATE_NAMESRV_CONFIG, admin::update_config)
            .route_fn(RequestCode::DELETE_TOPIC_IN_NAMESRV, admin::delete_topic)
            .route_fn(RequestCode::GET_TOPICS_BY_CLUSTER, lists::topics_of_cluster)
            .route_fn(RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_NS, lists::system_topics)
            .route_fn(
                [RequestCode::WIPE_WRITE_PERM_OF_BROKER, RequestCode::ADD_WRITE_PERM_OF_BROKER],
                admin::set_write_permission,
            )
            .build()
    }
}
