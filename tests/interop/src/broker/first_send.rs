//! Measures the time from the start of a broker to its first stored message, and its memory.

use super::process::Broker;
use crate::check::{Checked, TIMEOUT, equal};
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::{Client, ResponseCode};

/// The maximum resident memory of an idle broker, in KiB.
const RESIDENT: u64 = 30 << 10;

pub(super) async fn measure(broker: &mut Broker) -> Checked {
    broker.ready().await?;
    let ready = broker.started.elapsed();
    // The first send, to a topic that does not exist yet.
    let request = SendHeader::new("first-send", "FirstSend", 0).request().with_body("hello");
    let answer = Client::new().invoke(broker.addr.as_str(), request, TIMEOUT).await?;
    let first = broker.started.elapsed();
    equal(answer.response_code(), ResponseCode::SUCCESS)?;
    let resident = broker.resident()?;
    println!(
        "ok start: it serves after {} ms, the first message is stored after {} ms, {resident} KiB",
        ready.as_millis(),
        first.as_millis()
    );
    if resident > RESIDENT {
        return Err(format!("{resident} KiB are more than {RESIDENT}").into());
    }
    Ok(())
}
