//! The whole broker on a disk that fails, fills up, tears what it writes and loses power.
//!
//! Whatever the disk does: what was acknowledged is served, once, at its place; what was refused is
//! served once at most, as its write may be there after a start; nothing is served to another topic or
//! queue; the offsets of a queue have no gap; and a group that pops gets each message until it has
//! acknowledged it.

mod ledger;
mod steps;

use steps::Trial;

/// The number of trials, and the steps of each.
const TRIALS: u64 = 40;
const STEPS: usize = 40;

#[tokio::test]
async fn whatever_the_disk_does_what_was_acknowledged_is_served_where_it_was_sent() {
    for seed in 0..TRIALS {
        let mut trial = Trial::start(seed).await;
        for _ in 0..STEPS {
            trial.step().await;
        }
        trial.end().await;
    }
}
