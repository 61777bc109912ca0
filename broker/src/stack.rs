//! The stacks of layers of both servers. This is the file to read first.
//!
//! ```text
//!  connection level           at most 1000 connections; more wait to be accepted
//!  (both servers)             metrics and trace: bytes, connections; a span of each
//!                             rooms: each connection's shares of memory (the broker's)
//!                             events: clients leave their groups (the broker's)
//!                             idle timeout, 120 s
//!                             the driver: frames, responses in any order, calls to clients
//!
//!  request level              the default stack's `recover`: every error becomes a response
//!  (the broker's)             metrics, trace, traffic log: latency by code, a span of each request
//!                             hook: counts requests
//!                             router, by code:
//!    sends                      load shedding and a limit for all connections together
//!    pulls                      a limit; pending pulls are deferred
//!    queries, reports           tasks of their own, as they read many messages, or whole tables
//!    heartbeats, offsets, ..    no layer: never delayed by the others
//! ```

use crate::clients::ClientReaper;
use crate::config::BrokerConfig;
use crate::connection_rooms::ConnectionRoomsLayer;
use crate::metrics::MetricsLayer;
use crate::name_server::NameServerState;
use crate::request_counter::RequestCounter;
use crate::requests::{
    admin, groups, heartbeat, locks, lookup, offsets, pop, pull, recall, reply, send, send_back,
    transaction,
};
use crate::state::BrokerState;
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::handler::handler_fn_with_state;
#[cfg(feature = "testing")]
use rocketmq_tower::layers::FaultLayer;
use rocketmq_tower::layers::{CodeDistributionLayer, EventsLayer, TraceLayer, WorkQueueLayer};
use rocketmq_tower::router::DuplicateRoute;
use rocketmq_tower::server::BoundServer;
use rocketmq_tower::server::listener::IntoListener;
use rocketmq_tower::{RequestCode, Router, Server, ServiceBuilder};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::Layer;
use tower::layer::util::{Identity, Stack};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;

/// Returns the name server, listening.
pub(crate) fn name_server<L: IntoListener>(
    listener: L,
    state: &Arc<NameServerState>,
    config: &BrokerConfig,
    metrics: &MetricsLayer,
) -> Result<BoundServer<L::Listener>, DuplicateRoute> {
    let server = observed(state.router()?, config, metrics);
    #[cfg(feature = "testing")]
    let server = server
        .connection_layer(FaultLayer::new(&config.faults))
        .layer(FaultLayer::new(&config.faults));
    Ok(server.listen(listener))
}

/// Returns the broker's server, listening.
pub(crate) fn broker<L: IntoListener>(
    listener: L,
    state: &Arc<BrokerState>,
    config: &BrokerConfig,
    metrics: &MetricsLayer,
) -> Result<BoundServer<L::Listener>, DuplicateRoute> {
    let server = observed(router(state, config)?, config, metrics)
        .idle_timeout(IDLE_TIMEOUT)
        .connection_layer(ConnectionRoomsLayer)
        .events(EventsLayer::new(ClientReaper(Arc::clone(&state.clients))))
        .hook(RequestCounter::default());
    #[cfg(feature = "testing")]
    let server = server
        .connection_layer(FaultLayer::new(&config.faults))
        .layer(FaultLayer::new(&config.faults));
    Ok(server.listen(listener))
}

/// A server with the layers of both servers.
type ObservedServer = Server<
    Router,
    Stack<CodeDistributionLayer, Stack<TraceLayer, Stack<MetricsLayer, Identity>>>,
    Stack<TraceLayer, Stack<MetricsLayer, Identity>>,
>;

/// Returns what both servers have: metrics, traces and the traffic log, and the bounds of a
/// connection and of a shutdown.
fn observed(router: Router, config: &BrokerConfig, metrics: &MetricsLayer) -> ObservedServer {
    Server::new(router)
        .max_connections(config.max_connections)
        .connection_layer(metrics.clone())
        .connection_layer(TraceLayer::new())
        .layer(metrics.clone())
        .layer(TraceLayer::new())
        .layer(CodeDistributionLayer::new().period(config.traffic_log))
        .config(bounds())
        .drain_deadline(DRAIN_DEADLINE)
}

/// The idle timeout: Java's `serverChannelMaxIdleTimeSeconds`. Clients send a heartbeat every 30 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// The maximum time that a shutdown waits for connections to end.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// Returns the bounds of a connection.
fn bounds() -> ConnectionConfig {
    let mut config = ConnectionConfig::server();
    // A client has one pending pull for each queue that it consumes.
    config.max_deferred = 16_384;
    config
}

/// Returns the broker's router, with the limits of each kind of request.
fn router(state: &Arc<BrokerState>, config: &BrokerConfig) -> Result<Router, DuplicateRoute> {
    use RequestCode as Code;

    let state = || Arc::clone(state);
    // tokio panics at more permits.
    let max_sends = config.max_sends.min(Semaphore::MAX_PERMITS);
    // Sends above the limit are refused at once, and clients retry.
    let sends = ServiceBuilder::new()
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(max_sends));
    // A pull that becomes pending gives its permit back.
    let pulls = GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&state().pulls));
    // Queries run as tasks; those that wait longer than 5 s are refused.
    let queries = WorkQueueLayer::new(2).queue(1000).max_wait(Duration::from_secs(5));

    let routes = Router::builder()
        .with_state(state())
        .route(
            [Code::SEND_MESSAGE, Code::SEND_MESSAGE_V2, Code::SEND_BATCH_MESSAGE],
            sends.clone().service(handler_fn_with_state(state(), send::handle)),
        )
        .route(
            Code::CONSUMER_SEND_MSG_BACK,
            sends.clone().service(handler_fn_with_state(state(), send_back::handle)),
        )
        .route(
            Code::END_TRANSACTION,
            sends.service(handler_fn_with_state(state(), transaction::handle)),
        )
        .route(
            [Code::PULL_MESSAGE, Code::LITE_PULL_MESSAGE],
            pulls.layer(handler_fn_with_state(state(), pull::handle)),
        )
        .route(Code::POP_MESSAGE, pulls.layer(handler_fn_with_state(state(), pop::message::handle)))
        .route_fn(Code::ACK_MESSAGE, pop::ack::one)
        .route_fn(Code::BATCH_ACK_MESSAGE, pop::ack::several)
        .route_fn(Code::CHANGE_MESSAGE_INVISIBLETIME, pop::change::invisible_time)
        .route_fn(Code::NOTIFICATION, pop::notification::handle)
        .route_fn(Code::QUERY_ASSIGNMENT, pop::assignment::query)
        .route_fn(Code::SET_MESSAGE_REQUEST_MODE, pop::assignment::set_mode)
        .route_fn(Code::RECALL_MESSAGE, recall::handle)
        .route_fn([Code::SEND_REPLY_MESSAGE, Code::SEND_REPLY_MESSAGE_V2], reply::handle)
        .route(
            Code::VIEW_MESSAGE_BY_ID,
            queries.layer(handler_fn_with_state(state(), lookup::view)),
        )
        .route(Code::QUERY_MESSAGE, queries.layer(handler_fn_with_state(state(), lookup::query)))
        .route_fn(Code::HEART_BEAT, heartbeat::handle)
        .route_fn(Code::UNREGISTER_CLIENT, groups::unregister)
        .route_fn(Code::GET_CONSUMER_LIST_BY_GROUP, groups::consumers)
        .route_fn(Code::LOCK_BATCH_MQ, locks::lock)
        .route_fn(Code::UNLOCK_BATCH_MQ, locks::unlock)
        .route_fn(Code::CHECK_CLIENT_CONFIG, groups::check_config)
        .route_fn(
            [
                Code::GET_MAX_OFFSET,
                Code::GET_MIN_OFFSET,
                Code::GET_EARLIEST_MSG_STORETIME,
                Code::SEARCH_OFFSET_BY_TIMESTAMP,
            ],
            offsets::of_queue,
        )
        .route_fn(Code::QUERY_CONSUMER_OFFSET, offsets::query)
        .route_fn(Code::UPDATE_CONSUMER_OFFSET, offsets::update);
    admin::routes(routes, &state()).build()
}
