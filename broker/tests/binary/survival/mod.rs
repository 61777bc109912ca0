//! A broker whose process is killed in the middle of its work keeps everything that it has
//! acknowledged.

mod ledger;
mod rounds;

use crate::process::{Served, command};
use std::path::Path;

/// Starts the broker on a folder.
async fn start(folder: &Path, flush: &str) -> Served {
    let mut command = command();
    command.env("ROCKETMQ_DATA", folder).envs([
        ("ROCKETMQ_FLUSH", flush),
        ("ROCKETMQ_NAMESRV", "127.0.0.1:0"),
        ("ROCKETMQ_LISTEN", "127.0.0.1:0"),
        ("ROCKETMQ_TOPICS", "T:3,Delayed:1,Whole:1"),
        ("ROCKETMQ_TRANSACTION_TIMEOUT", "3600"),
    ]);
    Served::start(&mut command).await
}
