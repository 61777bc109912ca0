//! Push consumers of the newest Java client that pop under load, while one of them, or the broker, is killed.

use super::java::Java;
use super::process::Broker;
use super::survival;
use crate::apache::scratch::Scratch;
use crate::check::{Checked, report};
use rocketmq_tower::BoxError;

/// The scenario in which a consumer is killed.
const CONSUMER: &str = "poppers";

/// The scenario in which the broker is killed.
const BROKER: &str = "popsurvival";

pub(crate) async fn run(class_path: &str, some: &[&str]) -> Result<(), BoxError> {
    let scratch = Scratch::new("pops")?;
    let java = Java::new(class_path, &scratch)?;
    let selected = |name| some.is_empty() || some.contains(&name);
    if selected(CONSUMER) {
        println!("== Java's consumers pop, one of them is killed");
        consumer_is_killed(&java, &scratch).await?;
    }
    if selected(BROKER) {
        println!("== Java's consumers pop, rocketmq-tower-broker is killed");
        survival::check(&java, &scratch, BROKER).await?;
    }
    Ok(())
}

async fn consumer_is_killed(java: &Java, scratch: &Scratch) -> Checked {
    let mut broker = Broker::start(scratch, "data")?;
    let checked = async {
        broker.ready().await?;
        java.run(&broker.name_server, "json", &[], &[CONSUMER]).await
    };
    checked.await.inspect_err(|_| broker.print_log())?;
    report("the broker ends when it is told to", broker.stop()).await
}
