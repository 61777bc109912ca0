//! More sends than are wanted.

use super::bare::Bare;
use super::faulty::Faulty;
use super::peer::message;
use super::running::Running;
use rocketmq_tower::ResponseCode;
use std::sync::Arc;
use tokio_test::{assert_pending, task};

fn is_overload((code, remark): &(ResponseCode, String)) -> bool {
    *code == ResponseCode::SYSTEM_BUSY && remark.contains("[OVERLOAD]")
}

#[tokio::test]
async fn a_broker_without_room_for_sends_says_so_and_serves_all_else() {
    let running = Running::start(&["--topic", "T:1", "--max-sends", "0"]).await;
    let client = running.client().await;
    for _ in 0..3 {
        let refused = client.refusal(message("T", 0, &[], "m")).await;
        assert!(is_overload(&refused), "{refused:?}");
    }
    assert_eq!(client.max("T", 0).await, 0);
    running.end().await;
}

#[tokio::test]
async fn sends_beyond_the_bound_are_refused_until_there_is_room() {
    let storage = Arc::new(Faulty::default());
    let bare = Bare::start(storage.clone(), &["--max-sends", "1"]).await;
    let (one, two) = (bare.client().await, bare.client().await);
    one.send("T", 0, "first").await;

    storage.hold_writes(true);
    let mut second = task::spawn(one.ask(message("T", 0, &[], "second")));
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
