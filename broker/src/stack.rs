//! The two servers: which layers are around what. This is the file to read first.
//!
//! ```text
//!  connection level           1000 connections, more wait before they are accepted
//!  (both servers)             metrics and trace: bytes, connections; a span of each
//!                             events: who is gone leaves its groups (the broker's)
//!                             idle timeout, 120 s
//!                             the driver: frames, answers in any order, calls to clients
//!
//!  request level              the default stack's `recover`: every error becomes an answer
//!  (the broker's)             metrics, trace, traffic log: latency by code, a span of each request
//!                             hook: counts requests
//!                             router, by code:
//!    sends                      load shedding, so many at a time of all connections
//!    pulls                      so many at a time; those that wait for messages are deferred
//!    queries                    tasks of their own: they look at much
//!    heartbeats, offsets ..     nothing: never held up by the others
//! ```

use crate::clients::ClientReaper;
use crate::config::BrokerConfig;
use crate::metrics::MetricsLayer;
use crate::name_server::NameServerState;
use crate::request_counter::RequestCounter;
use crate::requests::{groups, lookup, offsets, pull, reply, send, send_back, topics, transaction};
use crate::service::handler;
use crate::state::BrokerState;
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::{CodeDistributionLayer, EventsLayer, TraceLayer, WorkQueueLayer};
use rocketmq_tower::router::DuplicateRoute;
use rocketmq_tower::server::{BoundServer, Listener};
use rocketmq_tower::{RequestCode, Router, Server, ServiceBuilder};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::Layer;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

/// The name server.
pub(crate) fn name_server<L: Listener>(
    listener: L,
    state: &Arc<NameServerState>,
    config: &BrokerConfig,
    metrics: &MetricsLayer,
) -> Result<BoundServer<L>, DuplicateRoute> {
    let server = Server::new(state.router()?)
        .max_connections(config.max_connections)
        .connection_layer(metrics.clone())
        .connection_layer(TraceLayer::new())
        .layer(metrics.clone())
        .layer(TraceLayer::new())
        .layer(traffic(config))
        .config(bounds())
        .drain_deadline(DRAIN_DEADLINE);
    Ok(server.listen(listener))
}

/// The broker.
pub(crate) fn broker<L: Listener>(
    listener: L,
    state: &Arc<BrokerState>,
    config: &BrokerConfig,
    metrics: &MetricsLayer,
) -> Result<BoundServer<L>, DuplicateRoute> {
    let server = Server::new(router(state, config)?)
        .max_connections(config.max_connections)
        .connection_layer(metrics.clone())
        .connection_layer(TraceLayer::new())
        .layer(metrics.clone())
        .layer(TraceLayer::new())
        .layer(traffic(config))
        .idle_timeout(IDLE_TIMEOUT)
        .events(EventsLayer::new(ClientReaper(Arc::clone(&state.clients))))
        .hook(RequestCounter::default())
        .config(bounds())
        .drain_deadline(DRAIN_DEADLINE);
    Ok(server.listen(listener))
}

/// Java's `serverChannelMaxIdleTimeSeconds`. Clients beat every 30 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a shutdown waits for clients to go.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// The traffic log of one server.
fn traffic(config: &BrokerConfig) -> CodeDistributionLayer {
    CodeDistributionLayer::new().period(config.traffic_log)
}

/// The bounds of one connection.
fn bounds() -> ConnectionConfig {
    let mut config = ConnectionConfig::server();
    // One pull of each queue that a client consumes waits for messages.
    config.max_deferred = 16_384;
    config
}

/// Which requests go where, and how many of each kind at a time.
fn router(broker: &Arc<BrokerState>, config: &BrokerConfig) -> Result<Router, DuplicateRoute> {
    use RequestCode as Code;

    // More permits than that make tokio panic.
    let max_sends = config.max_sends.min(Semaphore::MAX_PERMITS);
    // What can't be stored soon is refused, and clients try another time.
    let sends = ServiceBuilder::new()
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(max_sends));
    // Those that find nothing wait elsewhere.
    let pulls = GlobalConcurrencyLimitLayer::new(MAX_PULLS);
    // In tasks, and those that wait for too long are refused.
    let queries = WorkQueueLayer::new(2).queue(1000).max_wait(Duration::from_secs(5));

    Router::builder()
        .route(
            [Code::SEND_MESSAGE, Code::SEND_MESSAGE_V2, Code::SEND_BATCH_MESSAGE],
            sends.clone().service(handler(broker, send::handle)),
        )
        .route(
            Code::CONSUMER_SEND_MSG_BACK,
            sends.clone().service(handler(broker, send_back::handle)),
        )
        .route(Code::END_TRANSACTION, sends.service(handler(broker, transaction::handle)))
        .route(
            [Code::PULL_MESSAGE, Code::LITE_PULL_MESSAGE],
            pulls.layer(handler(broker, pull::handle)),
        )
        .route(
            [Code::SEND_REPLY_MESSAGE, Code::SEND_REPLY_MESSAGE_V2],
            handler(broker, reply::handle),
        )
        .route(Code::VIEW_MESSAGE_BY_ID, queries.layer(handler(broker, lookup::view)))
        .route(Code::QUERY_MESSAGE, queries.layer(handler(broker, lookup::query)))
        .route(Code::HEART_BEAT, handler(broker, groups::heart_beat))
        .route(Code::UNREGISTER_CLIENT, handler(broker, groups::unregister))
        .route(Code::GET_CONSUMER_LIST_BY_GROUP, handler(broker, groups::consumers))
        .route(Code::LOCK_BATCH_MQ, handler(broker, groups::lock))
        .route(Code::UNLOCK_BATCH_MQ, handler(broker, groups::unlock))
        .route(Code::CHECK_CLIENT_CONFIG, handler(broker, groups::check_config))
        .route(
            [
                Code::GET_MAX_OFFSET,
                Code::GET_MIN_OFFSET,
                Code::GET_EARLIEST_MSG_STORETIME,
                Code::SEARCH_OFFSET_BY_TIMESTAMP,
            ],
            handler(broker, offsets::of_queue),
        )
        .route(Code::QUERY_CONSUMER_OFFSET, handler(broker, offsets::query))
        .route(Code::UPDATE_CONSUMER_OFFSET, handler(broker, offsets::update))
        .route(Code::UPDATE_AND_CREATE_TOPIC, handler(broker, topics::create))
        .build()
}

/// So many pulls read from the store at a time; more wait.
const MAX_PULLS: usize = 256;
