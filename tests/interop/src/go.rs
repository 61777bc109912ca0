//! Go's client and its admin against `rocketmq-tower-broker`.

use crate::apache::scratch::Scratch;
use crate::broker::process::Broker;
use crate::check::{clients_pass, report};
use rocketmq_tower::BoxError;
use tokio::process::Command;

/// The topics of the scenarios, but for the one that they create.
const TOPICS: [&str; 2] = ["sql", "traced"];

/// Runs the scenarios in `some`, or all of them if it is empty.
pub(crate) async fn run(program: &str, some: &[&str]) -> Result<(), BoxError> {
    println!("== Go's client and its admin, rocketmq-tower-broker");
    let scratch = Scratch::new("go")?;
    let mut broker = Broker::start(&scratch, "data")?;
    let checked = async {
        broker.ready().await?;
        broker.create_topics(&TOPICS).await?;
        let mut clients = Command::new(program);
        clients
            .args([&broker.name_server, &broker.addr])
            .args(some)
            // It logs answers that the scenarios expect as errors.
            .env("ROCKETMQ_GO_LOG_LEVEL", "fatal");
        clients_pass("go", clients).await
    };
    checked.await.inspect_err(|_| broker.print_log())?;
    report("the broker ends when it is told to", broker.stop()).await
}
