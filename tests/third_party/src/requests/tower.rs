//! tower's layers.

use crate::foreign::{Twice, hide};
use crate::processor::{BROKEN, HOLD, OK, SLOW};
use crate::row::Trigger::{Burst, Calls};
use crate::row::{Row, both, layer, shared};
use rocketmq_tower::layers::OneshotLayer;
use rocketmq_tower::{Abort, BoxError, RemotingCommand, ResponseCode, ServiceBuilder};
use rocketmq_tower_test_support::SECOND;
use std::future::{Future, ready};
use std::pin::Pin;
use tower::buffer::BufferLayer;
use tower::filter::{AsyncFilterLayer, FilterLayer};
use tower::layer::util::Identity;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::retry::RetryLayer;
use tower::spawn_ready::SpawnReadyLayer;
use tower::timeout::TimeoutLayer;
use tower::util::{
    AndThenLayer, BoxCloneServiceLayer, BoxCloneSyncServiceLayer, MapErrLayer, MapFutureLayer,
    MapRequestLayer, MapResponseLayer, MapResultLayer, ThenLayer, option_layer,
};

type Answer = Option<RemotingCommand>;
type Outcome = Result<Answer, BoxError>;

const FULL: &[i32] = &[HOLD, HOLD, HOLD, HOLD, OK];

/// Refuses one code.
fn filter(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    match request.code() {
        BROKEN => Err(Abort::new(ResponseCode::NO_PERMISSION, "filtered").into()),
        _ => Ok(request),
    }
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    both!(rows, "no layer", Identity::new());
    both!(rows, "`Timeout`", TimeoutLayer::new(10 * SECOND), .refuses(Burst(&[SLOW]), "SYSTEM_BUSY (timeout)"));
    both!(rows, "`ConcurrencyLimit`", ConcurrencyLimitLayer::new(4), .refuses(Burst(FULL), "waits"));
    both!(rows, "`GlobalConcurrencyLimit`", GlobalConcurrencyLimitLayer::new(4), .refuses(Burst(FULL), "waits"));
    both!(
        rows, "`LoadShed` of `ConcurrencyLimit`",
        ServiceBuilder::new().layer(LoadShedLayer::new()).layer(ConcurrencyLimitLayer::new(4)),
        .refuses(Burst(FULL), "SYSTEM_BUSY")
    );
    both!(
        rows, "`LoadShed` of `GlobalConcurrencyLimit`, for each request",
        ServiceBuilder::new()
            .layer(OneshotLayer::new())
            .layer(LoadShedLayer::new())
            .layer(GlobalConcurrencyLimitLayer::new(4)),
        .refuses(Burst(FULL), "SYSTEM_BUSY")
    );
    rows.push(
        layer!("`RateLimit`", RateLimitLayer::new(4, 10 * SECOND))
            .refuses(Calls(&[OK, OK, OK, OK, OK]), "waits"),
    );
    both!(
        rows, "`Buffer` of `RateLimit`",
        ServiceBuilder::new().buffer(8).layer(RateLimitLayer::new(4, 10 * SECOND)),
        .refuses(Calls(&[OK, OK, OK, OK, OK]), "waits")
    );
    both!(rows, "`Buffer`", BufferLayer::new(8));
    both!(
        rows, "`LoadShed` of `Buffer` of `ConcurrencyLimit`",
        ServiceBuilder::new().load_shed().buffer(4).concurrency_limit(4),
        .refuses(Burst(&[HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, HOLD, OK]), "SYSTEM_BUSY")
    );
    both!(rows, "`Retry`", RetryLayer::new(Twice::default()));
    both!(rows, "`Filter`", FilterLayer::new(filter), .refuses(Calls(&[BROKEN]), "NO_PERMISSION (filtered)"));
    both!(
        rows, "`AsyncFilter`",
        AsyncFilterLayer::new(|request: RemotingCommand| ready(filter(request))),
        .refuses(Calls(&[BROKEN]), "NO_PERMISSION (filtered)")
    );
    both!(rows, "`MapRequest`", MapRequestLayer::new(|request: RemotingCommand| request));
    both!(rows, "`MapResponse`", MapResponseLayer::new(|answer: Answer| answer));
    both!(rows, "`MapErr` that hides sources", MapErrLayer::new(hide));
    both!(
        rows,
        "`MapResult` that hides sources",
        MapResultLayer::new(|result: Outcome| result.map_err(hide))
    );
    both!(rows, "`AndThen`", AndThenLayer::new(|answer: Answer| ready(Ok::<_, BoxError>(answer))));
    both!(
        rows,
        "`Then` that hides sources",
        ThenLayer::new(|result: Outcome| ready(result.map_err(hide)))
    );
    both!(rows, "`MapFuture` that spawns", MapFutureLayer::new(spawned));
    both!(
        rows,
        "`SpawnReady` in a `Buffer`",
        ServiceBuilder::new().buffer(8).layer(SpawnReadyLayer::new())
    );
    both!(
        rows, "`option_layer` of `Timeout`",
        option_layer(Some(TimeoutLayer::new(10 * SECOND))),
        .refuses(Burst(&[SLOW]), "SYSTEM_BUSY (timeout)")
    );
    both!(
        rows, "`BoxCloneServiceLayer` of `Timeout`",
        BoxCloneServiceLayer::new(TimeoutLayer::new(10 * SECOND)),
        .refuses(Burst(&[SLOW]), "SYSTEM_BUSY (timeout)")
    );
    both!(
        rows, "`BoxCloneSyncServiceLayer` of a stack",
        BoxCloneSyncServiceLayer::new(ServiceBuilder::new().map_err(hide).concurrency_limit(4)),
        .refuses(Burst(FULL), "waits")
    );
    rows
}

/// Runs a future in a task of its own, and hides the sources of its errors.
pub(crate) fn spawned<F, T, E>(
    future: F,
) -> Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Into<BoxError> + Send + 'static,
{
    let task = tokio::spawn(future);
    Box::pin(async move { task.await?.map_err(|error| hide(error.into())) })
}
