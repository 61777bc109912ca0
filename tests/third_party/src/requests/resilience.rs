//! The layers of `tower-resilience`. Their errors have no source.

use crate::foreign::{Make, cloneable_errors, fallback, is_abort, refusals_as_aborts};
use crate::processor::{BROKEN, HOLD, OK, REFUSED_LATER, SLOW};
use crate::row::Trigger::{Burst, Calls};
use crate::row::{Row, both, layer, shared};
use rocketmq_tower::layers::recover::NoteAbortsLayer;
use rocketmq_tower::{BoxError, RemotingCommand, ServiceBuilder};
use rocketmq_tower_test_support::SECOND;
use std::future::{Ready, ready};
use std::time::Duration;
use tower::layer::layer_fn;
use tower_resilience::adaptive::{AdaptiveLimiterLayer, Aimd, Vegas};
use tower_resilience::bulkhead::{BulkheadConfigBuilder, BulkheadLayer};
use tower_resilience::cache::{CacheError, CacheLayer};
use tower_resilience::chaos::ChaosLayer;
use tower_resilience::circuitbreaker::{CircuitBreakerLayer, FnClassifier};
use tower_resilience::coalesce::CoalesceLayer;
use tower_resilience::executor::ExecutorLayer;
use tower_resilience::fallback::FallbackLayer;
use tower_resilience::hedge::HedgeLayer;
use tower_resilience::outlier::{OutlierDetectionLayer, OutlierDetector};
use tower_resilience::ratelimiter::RateLimiterLayer;
use tower_resilience::reconnect::{ReconnectConfig, ReconnectLayer, ReconnectService};
use tower_resilience::retry::RetryLayer;
use tower_resilience::timelimiter::{FixedTimeout, TimeLimiterLayer};

type Answer = Option<RemotingCommand>;

/// Decides by a function what is a failure.
type Failures<R, E> = FnClassifier<fn(&Result<R, E>) -> bool>;

const FULL: &[i32] = &[HOLD, HOLD, HOLD, HOLD, OK];
const FAILURES: &[i32] = &[BROKEN, BROKEN, BROKEN, BROKEN, OK];
const MANY: &[i32] = &[OK, OK, OK, OK, OK];

pub(crate) fn circuit_breaker() -> CircuitBreakerLayer {
    let builder = CircuitBreakerLayer::builder().sliding_window_size(4).minimum_number_of_calls(4);
    builder.wait_duration_in_open(3600 * SECOND).build().expect("a valid configuration")
}

/// A circuit breaker that counts what `is_failure` says.
pub(crate) fn circuit_breaker_for<R, E>(
    is_failure: fn(&Result<R, E>) -> bool,
) -> CircuitBreakerLayer<Failures<R, E>> {
    let builder = CircuitBreakerLayer::builder().sliding_window_size(4).minimum_number_of_calls(4);
    let builder = builder.wait_duration_in_open(3600 * SECOND);
    builder
        .failure_classifier_type(FnClassifier::new(is_failure))
        .build()
        .expect("a valid configuration")
}

fn bulkhead(
    configure: impl FnOnce(BulkheadConfigBuilder) -> BulkheadConfigBuilder,
) -> BulkheadLayer {
    let builder = BulkheadLayer::builder().max_concurrent_calls(4);
    configure(builder).build().expect("a valid configuration")
}

pub(crate) fn full_bulkhead() -> BulkheadLayer {
    bulkhead(BulkheadConfigBuilder::reject_when_full)
}

pub(crate) fn waiting_bulkhead() -> BulkheadLayer {
    bulkhead(BulkheadConfigBuilder::backpressure)
}

pub(crate) fn time_limiter(cancel: bool) -> TimeLimiterLayer<FixedTimeout> {
    let builder = TimeLimiterLayer::builder().timeout_duration(10 * SECOND);
    builder.cancel_running_future(cancel).build()
}

pub(crate) fn rate_limiter() -> RateLimiterLayer {
    let builder = RateLimiterLayer::builder().limit_for_period(4).refresh_period(3600 * SECOND);
    builder.timeout_duration(Duration::ZERO).build().expect("a valid configuration")
}

/// Keeps responses, by the request's code.
pub(crate) fn cache() -> CacheLayer<RemotingCommand, i32> {
    let builder = CacheLayer::builder().max_size(16).key_extractor(RemotingCommand::code);
    builder.build().expect("a valid configuration")
}

pub(crate) fn adaptive() -> AdaptiveLimiterLayer<Aimd> {
    let aimd = Aimd::builder().initial_limit(4).min_limit(4).max_limit(4);
    AdaptiveLimiterLayer::new(aimd.build().expect("a valid configuration"))
}

/// An outlier detection that counts what `is_failure` says.
pub(crate) fn outlier_for<R, E>(
    is_failure: fn(&Result<R, E>) -> bool,
) -> OutlierDetectionLayer<Failures<R, E>> {
    let detector = OutlierDetector::new().max_ejection_percent(100);
    detector.register("server", 4);
    let builder = OutlierDetectionLayer::builder().detector(detector).instance_name("server");
    let builder = builder.failure_classifier_type(FnClassifier::new(is_failure));
    builder.error_on_ejection().build().expect("a valid configuration")
}

pub(crate) fn reconnect<S: Clone>(inner: S) -> ReconnectService<Make<S>, ()> {
    let config = ReconnectConfig::builder().reconnect_predicate(|_| false).build();
    tower::Layer::layer(&ReconnectLayer::new(config), Make(inner))
}

/// A deferred request has no response to keep.
#[derive(Debug, thiserror::Error)]
#[error("the response is deferred")]
struct Deferred;

fn answered(answer: Answer) -> Ready<Result<RemotingCommand, BoxError>> {
    ready(answer.ok_or_else(|| Deferred.into()))
}

fn or_deferred(
    result: Result<RemotingCommand, CacheError<BoxError>>,
) -> Result<Answer, CacheError<BoxError>> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(CacheError::Inner(error)) if error.is::<Deferred>() => Ok(None),
        Err(error) => Err(error),
    }
}

const WAITERS: &str = "a request that waits for another polls in a loop (0.13), which uses a core. It gets the error of the \
     other, whose `Abort` only `map_error` finds. A deferred request leaves nothing to the requests that wait for it.";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    both!(rows, "`CircuitBreaker`", circuit_breaker(), .refuses(Calls(FAILURES), "SYSTEM_BUSY (circuit open)"));
    both!(rows, "`Bulkhead` that refuses", full_bulkhead(), .refuses(Burst(FULL), "SYSTEM_BUSY (bulkhead full)"));
    both!(rows, "`Bulkhead` that waits", waiting_bulkhead(), .refuses(Burst(FULL), "waits"));
    both!(rows, "`TimeLimiter`", time_limiter(true), .refuses(Burst(&[SLOW]), "SYSTEM_BUSY (time limit)"));
    both!(
        rows, "`TimeLimiter` that does not cancel", time_limiter(false),
        .refuses(Burst(&[SLOW]), "SYSTEM_BUSY (time limit)")
    );
    both!(rows, "`RateLimiter`", rate_limiter(), .refuses(Calls(MANY), "SYSTEM_BUSY (rate limit)"));
    both!(
        rows,
        "`Cache`, without deferred requests",
        ServiceBuilder::new().map_result(or_deferred).layer(cache()).and_then(answered)
    );
    both!(
        rows,
        "`Retry` of `tower-resilience`",
        RetryLayer::<_, Answer, BoxError>::builder()
            .max_attempts(3)
            .fixed_backoff(SECOND / 100)
            .build()
    );
    both!(
        rows, "`Coalesce`",
        ServiceBuilder::new()
            .layer(CoalesceLayer::new(RemotingCommand::code))
            .layer(cloneable_errors()),
        .refuses(Burst(&[REFUSED_LATER, REFUSED_LATER]), "NO_PERMISSION"),
        .note(WAITERS)
    );
    both!(rows, "`Executor`", ExecutorLayer::current());
    both!(
        rows, "`Fallback` for errors that are no aborts",
        FallbackLayer::<RemotingCommand, Answer, BoxError>::builder()
            .handle(|error| !is_abort(error))
            .value_fn(|| Some(fallback()))
            .build(),
        .refuses(Calls(&[BROKEN]), "SUCCESS (fallback)")
    );
    both!(
        rows,
        "`Hedge` of `tower-resilience`",
        ServiceBuilder::new().layer(HedgeLayer::new(SECOND / 100)).layer(cloneable_errors())
    );
    both!(
        rows,
        "`Reconnect` of `tower-resilience`",
        ServiceBuilder::new().layer(layer_fn(reconnect)).layer(cloneable_errors())
    );
    both!(rows, "`Chaos` that delays", {
        let chaos = ChaosLayer::builder().latency_rate(1.0);
        chaos.min_latency(SECOND / 100).max_latency(SECOND / 50).build()
    });
    both!(rows, "`AdaptiveLimiter`, AIMD", adaptive(), .refuses(Burst(FULL), "waits"));
    both!(rows, "`AdaptiveLimiter`, Vegas", {
        let vegas = Vegas::builder().initial_limit(4).min_limit(4).max_limit(4);
        AdaptiveLimiterLayer::new(vegas.build().expect("a valid configuration"))
    }, .refuses(Burst(FULL), "waits"));
    both!(rows, "`OutlierDetection`", outlier_for(Result::<Answer, BoxError>::is_err), .refuses(Calls(FAILURES), "SYSTEM_BUSY (outlier)"));
    both!(
        rows, "`CircuitBreaker` of `Bulkhead`",
        ServiceBuilder::new().layer(circuit_breaker()).layer(full_bulkhead()),
        .refuses(Burst(FULL), "SYSTEM_BUSY (bulkhead full)")
    );
    both!(
        rows, "`Coalesce` of `NoteAborts` of `Bulkhead`",
        ServiceBuilder::new()
            .layer(CoalesceLayer::new(RemotingCommand::opaque))
            .layer(cloneable_errors())
            .layer(NoteAbortsLayer::new())
            .map_err(refusals_as_aborts)
            .layer(full_bulkhead()),
        .refuses(Burst(FULL), "SYSTEM_BUSY (bulkhead full)")
    );
    both!(
        rows, "`Timeout` of `Buffer` of `CircuitBreaker`",
        ServiceBuilder::new().timeout(10 * SECOND).buffer(8).layer(circuit_breaker()),
        .refuses(Burst(&[SLOW]), "SYSTEM_BUSY (timeout)")
    );
    let kept = "a deferred request returns `None`, which is kept, and is no response to the next request. Keep the \
         responses of routes that do not defer, or let deferred requests pass by as errors, as the first `Cache` does.";
    let unanswered =
        "SYSTEM_ERROR (no answer: the processor returned no response, and did not defer it)";
    rows.push(
        layer!("`Cache`", cache())
            .but(|seen| seen.deferred = format!("SUCCESS, then {unanswered}, then SUCCESS"), kept),
    );
    rows.push(
        shared!("`Cache`", cache())
            .but(|seen| seen.deferred = format!("SUCCESS, then {unanswered}"), kept),
    );
    rows
}
