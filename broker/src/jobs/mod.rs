//! The broker's background jobs.

mod expire;
mod groups;
mod notify;
pub(crate) mod retention;
mod schedule;
mod statistics;
mod transaction_check;

use crate::state::BrokerState;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Starts all jobs. Dropping the set aborts them.
pub(crate) fn start(broker: &Arc<BrokerState>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let of = || Arc::clone(broker);
    let (one, two, three, four, five, six, seven) = (of(), of(), of(), of(), of(), of(), of());
    jobs.spawn(async move { schedule::run(&one).await });
    jobs.spawn(async move { transaction_check::run(&two).await });
    jobs.spawn(async move { retention::run(&three).await });
    jobs.spawn(async move { expire::run(&four).await });
    jobs.spawn(async move { notify::run(&five).await });
    jobs.spawn(async move { groups::run(&six).await });
    jobs.spawn(async move { statistics::run(&seven).await });
    jobs
}
