//! An application with Spring's starter against `rocketmq-tower-broker`.

use crate::apache::scratch::Scratch;
use crate::broker::java::Java;
use crate::broker::process::Broker;
use crate::check::report;
use rocketmq_tower::BoxError;

/// The topics of the scenarios.
const TOPICS: [&str; 13] = [
    "sends",
    "conversions",
    "in-order",
    "delays",
    "batches",
    "selectors",
    "broadcasts",
    "refusals",
    "%DLQ%refusals-g",
    "texts",
    "orders",
    "transactions",
    "receives",
];

/// Runs the scenarios in `some`, or all of them if it is empty.
pub(crate) async fn run(class_path: &str, some: &[&str]) -> Result<(), BoxError> {
    println!("== Spring's starter, rocketmq-tower-broker");
    let scratch = Scratch::new("spring")?;
    let home = scratch.directory("clients")?;
    let java = Java::with_main("interop.SpringScenarios", class_path, home)?;
    let mut broker = Broker::start(&scratch, "data")?;
    let checked = async {
        broker.ready().await?;
        broker.create_topics(&TOPICS).await?;
        java.run(&broker.name_server, "spring", &[], some).await
    };
    checked.await.inspect_err(|_| broker.print_log())?;
    report("the broker ends when it is told to", broker.stop()).await
}
