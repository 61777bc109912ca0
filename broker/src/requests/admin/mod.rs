//! Requests of administration tools: mqadmin, the dashboard, the exporter.
//!
//! Many of them look through whole tables. They do so on threads that may block, a few at a time, and
//! their answers have at most [`MAX_ANSWER`] bytes.

pub(crate) mod config;
mod connections;
mod consume_queue;
mod consume_stats;
pub(crate) mod groups;
pub(crate) mod offsets;
mod relay;
mod runtime_info;
mod statistics;
mod topic_lists;
mod topic_stats;
pub(crate) mod topics;
mod upkeep;

use crate::refusal::refuse;
use crate::state::BrokerState;
use bytes::Bytes;
use rocketmq_tower::handler::{Handler, handler_fn_with_state};
use rocketmq_tower::layers::WorkQueueLayer;
use rocketmq_tower::protocol::json;
use rocketmq_tower::router::RouterBuilder;
use rocketmq_tower::{Body, BoxError, Processor, RequestCode as Code, ResponseCode};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tower::Layer;

/// The maximum size of the body of an answer, in bytes. Clients take frames of at most 16 MiB.
const MAX_ANSWER: usize = 15 * 1024 * 1024;

/// The number of requests that look through tables at a time.
const AT_A_TIME: usize = 2;

/// The number of such requests that wait, and their maximum wait: clients give up after 3 s or 5 s.
const MAX_WAITING: usize = 100;
const MAX_WAIT: Duration = Duration::from_secs(5);

type Routes = RouterBuilder<Arc<BrokerState>>;

/// Adds the routes of all of them.
pub(crate) fn routes(routes: Routes, broker: &Arc<BrokerState>) -> Routes {
    let layer = WorkQueueLayer::new(AT_A_TIME).queue(MAX_WAITING).max_wait(MAX_WAIT);
    let report = Reports { broker, layer };
    routes
        .route_fn(Code::UPDATE_AND_CREATE_TOPIC, topics::create)
        .route_fn(Code::GET_TOPIC_CONFIG, topics::one)
        .route_fn(Code::VIEW_BROKER_STATS_DATA, statistics::one)
        .route_fn(Code::GET_BROKER_RUNTIME_INFO, runtime_info::all)
        .route_fn(Code::GET_BROKER_CONFIG, config::get)
        .route_fn(Code::UPDATE_BROKER_CONFIG, config::update)
        .route_fn(Code::GET_BROKER_HA_STATUS, upkeep::ha_status)
        .route_fn(
            [Code::CLEAN_UNUSED_TOPIC, Code::RESET_MASTER_FLUSH_OFFSET, Code::POP_ROLLBACK],
            upkeep::nothing_to_do,
        )
        .route_fn(Code::GET_CONSUMER_CONNECTION_LIST, connections::consumers)
        .route_fn(Code::GET_PRODUCER_CONNECTION_LIST, connections::producers)
        .route_fn(Code::QUERY_SUBSCRIPTION_BY_CONSUMER, connections::subscription)
        .route_fn(Code::GET_CONSUMER_RUNNING_INFO, relay::running_info)
        .route_fn(Code::CONSUME_MESSAGE_DIRECTLY, relay::consume_directly)
        .route_fn(Code::INVOKE_BROKER_TO_GET_CONSUMER_STATUS, relay::status)
        .route_fn(Code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, groups::create)
        .route_fn(Code::GET_SUBSCRIPTIONGROUP_CONFIG, groups::one)
        .route_fn(Code::GET_SYSTEM_TOPIC_LIST_FROM_BROKER, topic_lists::system)
        .route(Code::UPDATE_AND_CREATE_TOPIC_LIST, report.of(topics::create_all))
        .route(Code::DELETE_TOPIC_IN_BROKER, report.of(topics::delete))
        .route(Code::GET_ALL_TOPIC_CONFIG, report.of(topic_lists::all))
        .route(Code::GET_TOPIC_STATS_INFO, report.of(topic_stats::of_topic))
        .route(Code::QUERY_TOPIC_CONSUME_BY_WHO, report.of(topic_lists::consumed_by))
        .route(Code::QUERY_TOPICS_BY_CONSUMER, report.of(topic_lists::of_group))
        .route(Code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, report.of(groups::create_all))
        .route(Code::GET_ALL_SUBSCRIPTIONGROUP_CONFIG, report.of(groups::all))
        .route(Code::DELETE_SUBSCRIPTIONGROUP, report.of(groups::delete))
        .route(Code::GET_ALL_PRODUCER_INFO, report.of(connections::all_producers))
        .route(Code::DELETE_EXPIRED_COMMITLOG, report.of(upkeep::delete_expired))
        .route(Code::CLEAN_EXPIRED_CONSUMEQUEUE, report.of(upkeep::delete_expired))
        .route(Code::GET_CONSUME_STATS, report.of(consume_stats::of_group))
        .route(Code::GET_BROKER_CONSUME_STATS, report.of(consume_stats::of_all))
        .route(Code::QUERY_CONSUME_TIME_SPAN, report.of(consume_stats::time_span))
        .route(Code::INVOKE_BROKER_TO_RESET_OFFSET, report.of(offsets::reset))
        .route(Code::CLONE_GROUP_OFFSET, report.of(offsets::copy))
        .route(Code::QUERY_CONSUME_QUEUE, report.of(consume_queue::query))
}

/// Makes services of requests that look through tables.
struct Reports<'a> {
    broker: &'a Arc<BrokerState>,
    layer: WorkQueueLayer,
}

impl Reports<'_> {
    fn of<H, T>(&self, handler: H) -> impl Processor + Clone + Sync + use<H, T>
    where
        H: Handler<T, Arc<BrokerState>>,
        T: Send + Sync + 'static,
    {
        self.layer.layer(handler_fn_with_state(Arc::clone(self.broker), handler))
    }
}

/// Does work on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BoxError> + Send + 'static,
) -> Result<T, BoxError> {
    spawn_blocking(work).await?
}

/// Returns a body of JSON.
///
/// # Errors
/// If it is too large for a frame.
fn answer<T: Serialize>(value: &T) -> Result<Body, BoxError> {
    let body: Bytes = json::to_bytes(value)?;
    if body.len() > MAX_ANSWER {
        let text = format!(
            "the answer has {} bytes, of which a frame takes {MAX_ANSWER}: ask for less at a time",
            body.len()
        );
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    Ok(Body(body))
}
