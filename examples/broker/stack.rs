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

use crate::broker::Broker;
use crate::clients::WhenGone;
use crate::hook::Counter;
use crate::name_server::NameServer;
use crate::options::Options;
use crate::requests::{groups, lookup, offsets, pull, reply, send, send_back, topics, transaction};
use crate::service::handler;
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::{
    CodeDistributionLayer, EventsLayer, MetricsLayer, TraceLayer, WorkQueueLayer,
};
use rocketmq_tower::router::DuplicateRoute;
use rocketmq_tower::server::{BoundServer, Listener};
use rocketmq_tower::{RequestCode, Router, Server, ServiceBuilder};
use std::sync::Arc;
use std::time::Duration;
use tower::Layer;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

/// The name server.
pub(crate) fn name_server<L: Listener>(
    listener: L,
    state: &Arc<NameServer>,
    options: &Options,
    metrics: &MetricsLayer,
) -> Result<BoundServer<L>, DuplicateRoute> {
    let server = Server::new(state.router()?)
        .max_connections(options.max_connections)
        .connection_layer(metrics.clone())
        .connection_layer(TraceLayer::new())
        .layer(metrics.clone())
        .layer(TraceLayer::new())
        .layer(traffic(options))
        .config(config())
        .drain_deadline(DRAIN_DEADLINE);
    Ok(server.listen(listener))
}

/// The broker.
pub(crate) fn broker<L: Listener>(
    listener: L,
    state: &Arc<Broker>,
    options: &Options,
    metrics: &MetricsLayer,
) -> Result<BoundServer<L>, DuplicateRoute> {
    let server = Server::new(router(state, options)?)
        .max_connections(options.max_connections)
        .connection_layer(metrics.clone())
        .connection_layer(TraceLayer::new())
        .layer(metrics.clone())
        .layer(TraceLayer::new())
        .layer(traffic(options))
        .idle_timeout(IDLE_TIMEOUT)
        .events(EventsLayer::new(WhenGone(Arc::clone(&state.clients))))
        .hook(Counter::default())
        .config(config())
        .drain_deadline(DRAIN_DEADLINE);
    Ok(server.listen(listener))
}

/// Java's `serverChannelMaxIdleTimeSeconds`. Clients beat every 30 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a shutdown waits for clients to go.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// The traffic log of one server.
fn traffic(options: &Options) -> CodeDistributionLayer {
    CodeDistributionLayer::new().period(Duration::from_secs(options.traffic.into()))
}

/// The bounds of one connection.
fn config() -> ConnectionConfig {
    let mut config = ConnectionConfig::server();
    // One pull of each queue that a client consumes waits for messages.
    config.max_deferred = 16_384;
    config
}

/// Which requests go where, and how many of each kind at a time.
fn router(broker: &Arc<Broker>, options: &Options) -> Result<Router, DuplicateRoute> {
    use RequestCode as Code;

    // What can't be stored soon is refused, and clients try another time.
    let sends = ServiceBuilder::new()
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(options.max_sends));
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
