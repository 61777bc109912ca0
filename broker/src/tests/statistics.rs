//! Statistics, and the state of the broker.

use super::bare::BareBroker;
use super::peer::Peer;
use super::requests::{Pull, request};
use crate::storage::MemoryStorage;
use rocketmq_tower::protocol::KVTable;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use std::sync::Arc;

fn statistic(name: &str, key: &str) -> RemotingCommand {
    let fields = [("statsName", name), ("statsKey", key)];
    request(RequestCode::VIEW_BROKER_STATS_DATA, &fields)
}

/// The sum over the last minute.
fn sum(statistic: &str) -> u64 {
    let (_, minute) = statistic.split_once(r#""statsMinute":"#).unwrap();
    let (_, sum) = minute.split_once(r#""sum":"#).unwrap();
    sum.split(',').next().unwrap().parse().unwrap()
}

/// Returns the body of the response to a request, which has to succeed.
async fn text(client: &Peer, request: RemotingCommand) -> String {
    String::from_utf8(client.get(request).await.body().to_vec()).unwrap()
}

#[tokio::test]
async fn what_is_stored_and_consumed_is_counted() {
    let bare = BareBroker::start(Arc::new(MemoryStorage::default())).await;
    let client = bare.client().await;
    let absent = client.refusal(statistic("TOPIC_PUT_NUMS", "T")).await;
    assert_eq!(absent.0, ResponseCode::SYSTEM_ERROR);
    assert_eq!(absent.1, "The stats <TOPIC_PUT_NUMS> <T> not exist");
    let sent = client.send("T", 0, "one").await.commit_log_offset().to_string();
    client.send("T", 0, "two").await;
    let pull = Pull::new("T", 0);
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::SUCCESS);
    client.pull(&pull.clone().at(2)).await;
    let fields = [("group", "consumers"), ("offset", sent.as_str()), ("delayLevel", "1")];
    client.get(request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)).await;

    let statistics = &bare.state.statistics;
    statistics.sample(&bare.state.topics, statistics.started + 10_000, 1);
    for (name, key, expected) in [
        ("TOPIC_PUT_NUMS", "T", 2),
        ("GROUP_GET_NUMS", "T@consumers", 2),
        ("SNDBCK_PUT_NUMS", "T@consumers", 1),
        ("BROKER_GET_NUMS", "DefaultCluster", 2),
        ("BROKER_PUT_NUMS", "DefaultCluster", 3),
        ("BROKER_PUT_NUMS_WITHOUT_SYSTEM_TOPIC", "DefaultCluster", 2),
    ] {
        let counted = text(&client, statistic(name, key)).await;
        assert_eq!(sum(&counted), expected, "{name}: {counted}");
    }
    let size = text(&client, statistic("TOPIC_PUT_SIZE", "T")).await;
    assert!(sum(&size) > 100 && size.contains(r#""statsHour":{"avgpt":"#), "{size}");
    for key in ["DefaultCluster", "T@h", "T"] {
        assert!(!client.call(statistic("GROUP_GET_NUMS", key)).await.response_code().is_success());
    }

    let info: KVTable = client
        .get(RemotingCommand::request(RequestCode::GET_BROKER_RUNTIME_INFO))
        .await
        .json()
        .unwrap();
    let value = |name| info.table.get(name).map(String::as_str);
    assert_eq!(value("msgPutTotalTodayNow"), Some("2"));
    assert_eq!(value("msgGetTotalTodayNow"), Some("2"));
    assert!(info.table.len() >= 55, "{}", info.table.len());
    assert!(value("putTps").unwrap().split(' ').all(|rate| rate.parse::<f64>().is_ok()));
    let end: u64 = value("commitLogMaxOffset").unwrap().parse().unwrap();
    assert!(end > 300, "{end}");
    let ha = text(&client, RemotingCommand::request(RequestCode::GET_BROKER_HA_STATUS)).await;
    assert_eq!(
        ha,
        format!(
            r#"{{"haConnectionInfo":[],"inSyncSlaveNums":0,"master":true,"masterCommitLogMaxOffset":{end}}}"#
        )
    );
}
