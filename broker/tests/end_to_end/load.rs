//! The maximum number of sends.

use crate::support::peer::message;
use crate::support::running::Running;
use rocketmq_tower::ResponseCode;
use rocketmq_tower_broker::Broker;

fn is_overload((code, remark): &(ResponseCode, String)) -> bool {
    *code == ResponseCode::SYSTEM_BUSY && remark.contains("[OVERLOAD]")
}

#[tokio::test]
async fn a_broker_that_takes_no_sends_refuses_them_and_serves_everything_else() {
    let running = Running::start(Broker::builder().topic("T", 1).max_sends(0)).await;
    let client = running.client().await;
    for _ in 0..3 {
        let refused = client.refusal(message("T", 0, &[], "m")).await;
        assert!(is_overload(&refused), "{refused:?}");
    }
    assert_eq!(client.max("T", 0).await, 0);
    running.end().await;
}
