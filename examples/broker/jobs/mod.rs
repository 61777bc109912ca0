//! What the broker does by itself.

mod ask;
mod expire;
pub(crate) mod retention;
mod schedule;

use crate::broker::Broker;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Starts all of it. Dropping the set ends it.
pub(crate) fn start(broker: &Arc<Broker>, keep: Duration) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let of = || Arc::clone(broker);
    let (one, two, three, four) = (of(), of(), of(), of());
    jobs.spawn(async move { schedule::run(&one).await });
    jobs.spawn(async move { ask::run(&two).await });
    jobs.spawn(async move { retention::run(&three, keep).await });
    jobs.spawn(async move { expire::run(&four).await });
    jobs
}
