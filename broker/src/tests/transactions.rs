//! Transactions that no producer ends.

use super::bare::BareBroker;
use super::peer::Message;
use super::requests::Pull;
use super::soon;
use crate::config::BrokerConfig;
use crate::storage::MemoryStorage;
use crate::transactions::{DueCheck, TransactionChecks};
use rocketmq_tower::ResponseCode;
use rocketmq_tower_core::clock;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_transaction_that_is_given_up_goes_to_a_topic_of_its_own() {
    let now = Duration::ZERO;
    let transaction_checks = TransactionChecks { first: now, interval: now };
    let config = BrokerConfig { transaction_checks, ..BrokerConfig::default() };
    let bare = BareBroker::with(Arc::new(MemoryStorage::default()), &config).await;
    let client = bare.client().await;
    let half = [("TRAN_MSG", "true"), ("PGROUP", "nobody"), ("TAGS", "a")];
    client.send_with("T", 0, &half, "open").await;
    // No producer of the group is there to be asked.
    while let [DueCheck::Ask(_)] = bare.state.transactions.due(clock::now_ms() + 1)[..] {}

    let pull = Pull::new("TRANS_CHECK_MAX_TIME_TOPIC", 0).waits(30_000);
    let found = soon(client.pull(&pull)).await;
    assert_eq!(found.response_code(), ResponseCode::SUCCESS);
    let [message] = &Message::all(&found)[..] else { panic!("one message: {found:?}") };
    assert_eq!(message.body, "open");
    for (name, value) in half.into_iter().chain([("REAL_TOPIC", "T"), ("REAL_QID", "0")]) {
        assert_eq!(message.property(name), Some(value), "{name}");
    }
    assert_eq!(client.max("T", 0).await, 0);
    assert_eq!(bare.state.transactions.due(i64::MAX), []);
}
