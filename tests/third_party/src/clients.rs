//! Rows of clients: around a channel, an endpoint, or the client itself.

use crate::foreign::{Always, Make, Twice, fallback, hide};
use crate::processor::{BROKEN, HOLD, OK, REFUSED_LATER, SLOW};
use crate::requests::resilience::{
    adaptive, cache, circuit_breaker_for, full_bulkhead, outlier_for, rate_limiter, reconnect,
    time_limiter, waiting_bulkhead,
};
use crate::row::Trigger::{Burst, Calls};
use crate::row::{Place, Row};
use crate::stage::call;
use rocketmq_tower::client::{Client, Endpoint, InvokeError, RetryUnprocessed};
use rocketmq_tower::{Abort, Addr, BoxError, RemotingCommand, ResponseCode, ServiceBuilder};
use rocketmq_tower_test_support::SECOND;
use std::future::ready;
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::hedge::Hedge;
use tower::layer::layer_fn;
use tower::load::{CompleteOnResponse, PeakEwma, PendingRequests};
use tower::reconnect::Reconnect;
use tower::retry::RetryLayer;
use tower::spawn_ready::SpawnReadyLayer;
use tower::steer::Steer;
use tower_resilience::chaos::ChaosLayer;
use tower_resilience::coalesce::CoalesceLayer;
use tower_resilience::executor::ExecutorLayer;
use tower_resilience::fallback::FallbackLayer;
use tower_resilience::hedge::HedgeLayer;

type Outcome = Result<RemotingCommand, InvokeError>;

const SERVER: &str = "server";
const FULL: &[i32] = &[HOLD, HOLD, HOLD, HOLD, OK];
const FAILURES: &[i32] = &[BROKEN, BROKEN, BROKEN, BROKEN, OK];
const MANY: &[i32] = &[OK, OK, OK, OK, OK];
const LATE: &str = "error: request timed out";

/// A layer, or a stack, around an endpoint.
macro_rules! endpoint {
    ($name:expr, $builder:expr) => {
        Row::new(concat!("endpoint: ", $name), Place::Client, || {
            call(async |client: &Client| $builder.service(client.endpoint(SERVER)))
        })
    };
}

/// The same of one layer.
macro_rules! one {
    ($name:expr, $layer:expr) => {
        endpoint!($name, ServiceBuilder::new().layer($layer))
    };
}

/// A service that is made of endpoints, and is not `Clone`: in a `Buffer`.
macro_rules! buffered {
    ($name:expr, $make:expr) => {
        Row::new(concat!("endpoint: `Buffer` of ", $name), Place::Client, || {
            call(async |client: &Client| {
                let make = $make;
                ServiceBuilder::new().buffer(8).service(make(client.endpoint(SERVER)))
            })
        })
    };
}

/// Whether the server failed, not the request.
fn is_failure(outcome: &Outcome) -> bool {
    match outcome {
        Ok(answer) => answer.response_code() == ResponseCode::SYSTEM_ERROR,
        Err(_) => true,
    }
}

fn pair(
    endpoint: Endpoint,
) -> Balance<ServiceList<Vec<PendingRequests<Endpoint>>>, RemotingCommand> {
    let one = || PendingRequests::new(endpoint.clone(), CompleteOnResponse::default());
    Balance::new(ServiceList::new::<RemotingCommand>(vec![one(), one()]))
}

fn filter(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    match request.code() {
        BROKEN => Err(Abort::new(ResponseCode::NO_PERMISSION, "filtered").into()),
        _ => Ok(request),
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = tower_rows();
    rows.extend(resilience_rows());
    rows.extend(other_services());
    rows
}

fn tower_rows() -> Vec<Row> {
    vec![
        endpoint!("no layer", ServiceBuilder::new()),
        endpoint!("`Timeout`", ServiceBuilder::new().timeout(10 * SECOND))
            .refuses(Burst(&[SLOW]), LATE),
        endpoint!("`ConcurrencyLimit`", ServiceBuilder::new().concurrency_limit(4))
            .refuses(Burst(FULL), "waits"),
        endpoint!("`Buffer`", ServiceBuilder::new().buffer(8)),
        endpoint!(
            "`Buffer` of `RateLimit`",
            ServiceBuilder::new().buffer(8).rate_limit(4, 10 * SECOND)
        )
        .refuses(Calls(MANY), "waits"),
        endpoint!(
            "`Timeout` of `Buffer` of `ConcurrencyLimit`",
            ServiceBuilder::new().timeout(10 * SECOND).buffer(8).concurrency_limit(4)
        )
        .refuses(Burst(&[SLOW]), LATE),
        endpoint!("`LoadShed` of `Buffer`", ServiceBuilder::new().load_shed().buffer(8)),
        endpoint!("`Retry`", ServiceBuilder::new().retry(Twice::default())),
        one!("`Retry` by `RetryUnprocessed`", RetryLayer::new(RetryUnprocessed::attempts(3))),
        endpoint!("`Filter`", ServiceBuilder::new().filter(filter))
            .refuses(Calls(&[BROKEN]), "error: response code 16 (NO_PERMISSION): filtered"),
        endpoint!(
            "`AsyncFilter`",
            ServiceBuilder::new().filter_async(|request| ready(filter(request)))
        )
        .refuses(Calls(&[BROKEN]), "error: response code 16 (NO_PERMISSION): filtered"),
        endpoint!(
            "`MapRequest`",
            ServiceBuilder::new().map_request(|request: RemotingCommand| request)
        ),
        endpoint!(
            "`MapResponse`",
            ServiceBuilder::new().map_response(|answer: RemotingCommand| answer)
        ),
        endpoint!(
            "`MapErr` that hides sources",
            ServiceBuilder::new().map_err(|error: InvokeError| hide(error.into()))
        ),
        endpoint!("`Then`", ServiceBuilder::new().then(|outcome: Outcome| ready(outcome))),
        endpoint!(
            "`Buffer` of `SpawnReady`",
            ServiceBuilder::new().buffer(8).layer(SpawnReadyLayer::new())
        ),
        buffered!("`Hedge`", |endpoint| Hedge::new(endpoint, Always, 10, 0.9, 10 * SECOND)),
        buffered!("`Balance` of two", pair),
        buffered!("`Steer` of two", |endpoint: Endpoint| {
            let pick = |_: &RemotingCommand, _: &[Endpoint]| 1;
            Steer::new([endpoint.clone(), endpoint], pick)
        }),
        buffered!("`Reconnect`", |endpoint: Endpoint| { Reconnect::new(Make(endpoint), ()) }),
        buffered!("`PeakEwma`", |endpoint| {
            PeakEwma::new(endpoint, SECOND, 1e9, CompleteOnResponse::default())
        }),
    ]
}

fn resilience_rows() -> Vec<Row> {
    vec![
        one!("`CircuitBreaker`", circuit_breaker_for(is_failure))
            .refuses(Calls(FAILURES), "error: circuit is open; call not permitted"),
        one!("`Bulkhead` that refuses", full_bulkhead())
            .refuses(Burst(FULL), "error: bulkhead is full: max concurrent calls (4) reached"),
        one!("`Bulkhead` that waits", waiting_bulkhead()).refuses(Burst(FULL), "waits"),
        one!("`TimeLimiter`", time_limiter(true)).refuses(Burst(&[SLOW]), LATE),
        one!("`TimeLimiter` that does not cancel", time_limiter(false)).refuses(Burst(&[SLOW]), LATE),
        one!("`RateLimiter`", rate_limiter()).refuses(Calls(MANY), "error: rate limit exceeded"),
        one!("`Cache`", cache()),
        one!(
            "`Retry` of `tower-resilience`",
            tower_resilience::retry::RetryLayer::<RemotingCommand, RemotingCommand, InvokeError>::builder()
                .max_attempts(3)
                .fixed_backoff(SECOND / 100)
                .build()
        ),
        one!("`Coalesce`", CoalesceLayer::new(RemotingCommand::code))
            .refuses(Burst(&[REFUSED_LATER, REFUSED_LATER]), "NO_PERMISSION"),
        one!("`Executor`", ExecutorLayer::current()),
        one!(
            "`Fallback` for failures",
            FallbackLayer::<RemotingCommand, RemotingCommand, InvokeError>::builder()
                .handle_response(|answer| answer.response_code() == ResponseCode::SYSTEM_ERROR)
                .value(fallback())
                .build()
        )
        .refuses(Calls(&[BROKEN]), "SUCCESS (fallback)"),
        one!("`Hedge` of `tower-resilience`", HedgeLayer::new(100 * SECOND)),
        one!("`Reconnect` of `tower-resilience`", layer_fn(reconnect)),
        one!("`Chaos` that delays", {
            let chaos = ChaosLayer::builder().latency_rate(1.0);
            chaos.min_latency(SECOND / 100).max_latency(SECOND / 50).build()
        }),
        one!("`AdaptiveLimiter`", adaptive()).refuses(Burst(FULL), "waits"),
        one!("`OutlierDetection`", outlier_for(is_failure)).refuses(
            Calls(FAILURES),
            "error: instance 'server' is ejected by outlier detection",
        ),
        endpoint!(
            "`CircuitBreaker` of `TimeLimiter` of `Bulkhead`",
            ServiceBuilder::new()
                .layer(circuit_breaker_for(|result: &Result<_, _>| result.is_err()))
                .layer(time_limiter(true))
                .layer(full_bulkhead())
        )
        .refuses(
            Burst(FULL),
            "error: inner service error: inner service error: bulkhead is full: max concurrent calls (4) reached",
        ),
    ]
}

/// Around a client and a channel.
fn other_services() -> Vec<Row> {
    vec![
        Row::new("client: `Timeout` of `Buffer` of `Bulkhead`", Place::Client, || {
            call(async |client: &Client| {
                let to = |request: RemotingCommand| (Addr::from(SERVER), request);
                let stack = ServiceBuilder::new().map_request(to).timeout(10 * SECOND).buffer(8);
                stack.layer(full_bulkhead()).service(client.clone())
            })
        })
        .refuses(Burst(&[SLOW]), LATE),
        Row::new("client: `CircuitBreaker`", Place::Client, || {
            call(async |client: &Client| {
                let to = |request: RemotingCommand| (Addr::from(SERVER), request);
                let stack = ServiceBuilder::new().map_request(to);
                stack.layer(circuit_breaker_for(is_failure)).service(client.clone())
            })
        })
        .refuses(Calls(FAILURES), "error: circuit is open; call not permitted"),
        Row::new("channel: `Timeout` of `Bulkhead`", Place::Client, || {
            call(async |client: &Client| {
                let channel = client.connect(SERVER, SECOND).await.expect("connects");
                ServiceBuilder::new().timeout(10 * SECOND).layer(full_bulkhead()).service(channel)
            })
        })
        .refuses(Burst(&[SLOW]), LATE),
        Row::new("channel: `Executor`", Place::Client, || {
            call(async |client: &Client| {
                let channel = client.connect(SERVER, SECOND).await.expect("connects");
                ServiceBuilder::new().layer(ExecutorLayer::current()).service(channel)
            })
        }),
    ]
}
