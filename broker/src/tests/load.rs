//! Sends beyond the bound.

use super::bare::BareBroker;
use super::faulty::Faulty;
use super::peer::message;
use crate::config::BrokerConfig;
use rocketmq_tower::ResponseCode;
use std::sync::Arc;
use tokio_test::{assert_pending, task};

fn is_overload((code, remark): &(ResponseCode, String)) -> bool {
    *code == ResponseCode::SYSTEM_BUSY && remark.contains("[OVERLOAD]")
}

#[tokio::test]
async fn sends_beyond_the_bound_are_refused_until_there_is_room() {
    let storage = Arc::new(Faulty::default());
    let bare = BareBroker::with(
        storage.clone(),
        &BrokerConfig { max_sends: 1, ..BrokerConfig::default() },
    )
    .await;
    let (one, two) = (bare.client().await, bare.client().await);
    one.send("T", 0, "first").await;

    storage.hold_writes(true);
    let mut second = task::spawn(one.call(message("T", 0, &[], "second")));
    assert_pending!(second.poll());
    one.max("T", 0).await;
    for client in [&one, &two] {
        let refused = client.refusal(message("T", 0, &[], "too much")).await;
        assert!(is_overload(&refused), "{refused:?}");
    }
    storage.hold_writes(false);
    assert!(second.await.response_code().is_success());
    two.send("T", 0, "third").await;
    let bodies: Vec<_> = one.all("T", 0).await.into_iter().map(|message| message.body).collect();
    assert_eq!(bodies, ["first", "second", "third"]);
}
