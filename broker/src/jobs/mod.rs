//! The broker's background jobs.

mod expire;
mod notify;
pub(crate) mod retention;
mod revive;
mod schedule;
mod transaction_check;

use crate::state::BrokerState;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Starts all jobs. Dropping the set aborts them.
pub(crate) fn start(broker: &Arc<BrokerState>, keep: Duration) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let of = || Arc::clone(broker);
    let (one, two, three, four, five, six) = (of(), of(), of(), of(), of(), of());
    jobs.spawn(async move { schedule::run(&one).await });
    jobs.spawn(async move { transaction_check::run(&two).await });
    jobs.spawn(async move { retention::run(&three, keep).await });
    jobs.spawn(async move { expire::run(&four).await });
    jobs.spawn(async move { notify::run(&five).await });
    jobs.spawn(async move { revive::run(&six).await });
    jobs
}
