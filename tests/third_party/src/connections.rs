//! Rows of the connection level: `Server::connection_layer`.

use crate::requests::resilience::{
    adaptive, circuit_breaker, circuit_breaker_for, full_bulkhead, outlier_for, rate_limiter,
    time_limiter, waiting_bulkhead,
};
use crate::requests::tower::spawned;
use crate::row::Trigger::{AfterBadConnections, Age, FifthConnection};
use crate::row::{Place, Row};
use crate::stage::{Conn, serve};
use rocketmq_tower::{BoxError, CloseReason, Disconnect, ServiceBuilder};
use rocketmq_tower_test_support::SECOND;
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower::buffer::BufferLayer;
use tower::filter::{AsyncFilterLayer, FilterLayer};
use tower::layer::util::Identity;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::spawn_ready::SpawnReadyLayer;
use tower::timeout::TimeoutLayer;
use tower::util::{
    AndThenLayer, BoxCloneServiceLayer, MapErrLayer, MapFutureLayer, MapRequestLayer,
    MapResponseLayer, MapResultLayer, ThenLayer, option_layer,
};
use tower_resilience::chaos::ChaosLayer;
use tower_resilience::executor::ExecutorLayer;

type Lifetime = Result<Disconnect, Infallible>;

macro_rules! connection {
    ($name:expr, $layer:expr) => {
        Row::new($name, Place::ConnectionLayer, || async {
            serve(|server| server.connection_layer($layer))
        })
    };
}

/// Takes four connections.
fn four() -> impl FnMut(Conn) -> Result<Conn, BoxError> + Clone {
    let taken = Arc::new(AtomicUsize::new(0));
    move |connection| match taken.fetch_add(1, Ordering::Relaxed) {
        0..4 => Ok(connection),
        _ => Err("filtered".into()),
    }
}

/// Whether the peer violated the protocol.
fn is_bad(lifetime: &Lifetime) -> bool {
    matches!(lifetime, Ok(Disconnect { reason: CloseReason::Protocol(_), .. }))
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        connection!("no layer", Identity::new()),
        connection!("`Timeout`", TimeoutLayer::new(1800 * SECOND)).refuses(Age, "closed"),
        connection!("`ConcurrencyLimit`", ConcurrencyLimitLayer::new(4))
            .refuses(FifthConnection, "waits"),
        connection!("`GlobalConcurrencyLimit`", GlobalConcurrencyLimitLayer::new(4))
            .refuses(FifthConnection, "waits"),
        connection!(
            "`LoadShed` of `ConcurrencyLimit`",
            ServiceBuilder::new().load_shed().layer(ConcurrencyLimitLayer::new(4))
        )
        .refuses(FifthConnection, "closed"),
        connection!("`RateLimit`", RateLimitLayer::new(4, 10 * SECOND))
            .refuses(FifthConnection, "waits"),
        connection!("`Buffer`", BufferLayer::<Conn>::new(8)),
        connection!(
            "`LoadShed` of `Buffer`",
            ServiceBuilder::new().load_shed().layer(BufferLayer::<Conn>::new(8))
        ),
        connection!("`Filter`", FilterLayer::new(four())).refuses(FifthConnection, "closed"),
        connection!("`AsyncFilter`", {
            let mut four = four();
            AsyncFilterLayer::new(move |connection: Conn| ready(four(connection)))
        })
        .refuses(FifthConnection, "closed"),
        connection!("`MapRequest`", MapRequestLayer::new(|connection: Conn| connection)),
        connection!("`MapResponse`", MapResponseLayer::new(|disconnect: Disconnect| disconnect)),
        connection!("`MapErr`", MapErrLayer::new(BoxError::from)),
        connection!("`MapResult`", MapResultLayer::new(|lifetime: Lifetime| lifetime)),
        connection!("`MapFuture` that spawns", MapFutureLayer::new(spawned)),
        connection!("`Then`", ThenLayer::new(|lifetime: Lifetime| ready(lifetime))),
        connection!(
            "`AndThen`",
            AndThenLayer::new(|disconnect: Disconnect| ready(Ok::<_, Infallible>(disconnect)))
        ),
        connection!("`SpawnReady`", SpawnReadyLayer::new()),
        connection!(
            "`option_layer` of `Timeout`",
            ServiceBuilder::new()
                .layer(option_layer(Some(TimeoutLayer::new(1800 * SECOND))))
                .map_err(BoxError::from)
        )
        .refuses(Age, "closed"),
        connection!(
            "`BoxCloneServiceLayer` of `Timeout`",
            BoxCloneServiceLayer::new(TimeoutLayer::new(1800 * SECOND))
        )
        .refuses(Age, "closed"),
        connection!("`CircuitBreaker`", circuit_breaker_for(is_bad))
            .refuses(AfterBadConnections, "closed"),
        connection!("`Bulkhead` that refuses", full_bulkhead()).refuses(FifthConnection, "closed"),
        connection!("`Bulkhead` that waits", waiting_bulkhead()).refuses(FifthConnection, "waits"),
        connection!("`TimeLimiter`", time_limiter(true)).refuses(Age, "closed"),
        connection!("`RateLimiter`", rate_limiter()).refuses(FifthConnection, "closed"),
        connection!("`Executor`", ExecutorLayer::current()),
        connection!("`Chaos` that delays", {
            let chaos = ChaosLayer::builder().latency_rate(1.0);
            chaos.min_latency(SECOND / 100).max_latency(SECOND / 50).build()
        }),
        connection!("`AdaptiveLimiter`", adaptive()).refuses(FifthConnection, "waits"),
        connection!("`OutlierDetection`", outlier_for(is_bad))
            .refuses(AfterBadConnections, "closed"),
        connection!(
            "`CircuitBreaker` of `Executor` of `Bulkhead`",
            ServiceBuilder::new()
                .layer(circuit_breaker())
                .layer(ExecutorLayer::current())
                .layer(full_bulkhead())
        )
        .refuses(FifthConnection, "closed"),
    ]
}
