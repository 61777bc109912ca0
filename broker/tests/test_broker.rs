//! `TestBroker`, as the test of an application uses it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "support/mod.rs"]
#[allow(dead_code, reason = "tests/end_to_end uses all of it")]
mod support;

use rocketmq_tower::message::Message;
use rocketmq_tower::protocol::{HeartbeatData, KVTable, ProducerData, json};
use rocketmq_tower::{Abort, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use rocketmq_tower_broker::testing::{ConnectionFault, RequestFault, Rule, TestBroker};
use std::time::Duration;
use support::peer::{Peer, bodies};
use support::popped::popped;
use support::requests::{Pop, Pull, request};
use support::soon;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// The default of groups: how often a message is tried again.
const MAX_TIMES: i32 = 16;

/// Expects that there is nothing to pop.
async fn nothing(client: &Peer, pop: &Pop<'_>) {
    let (code, remark) = client.refusal(pop.request()).await;
    assert_eq!(code, ResponseCode::POLLING_TIMEOUT, "{remark}");
}

async fn start() -> (TestBroker, Peer) {
    let broker = soon(TestBroker::start()).await.unwrap();
    let client = Peer::connect(&broker.broker_addr().to_string()).await;
    (broker, client)
}

async fn texts(broker: &TestBroker, topic: &str) -> Vec<String> {
    broker.messages(topic).await.unwrap().iter().map(|message| message.text()).collect()
}

#[tokio::test]
async fn messages_are_seen_in_the_order_in_which_they_were_stored() {
    let (broker, client) = start().await;
    assert!(broker.messages("T").await.unwrap().is_empty());
    for body in ["a", "b", "c", "d", "e"] {
        broker.send(Message::new("T", body).tag(body).keys(["k", body])).await.unwrap();
    }
    client.send("T", 2, "f").await;
    assert_eq!(texts(&broker, "T").await, ["a", "b", "c", "d", "e", "f"]);
    let all = broker.messages("T").await.unwrap();
    assert_eq!((all[1].body(), all[1].tag()), (&b"b"[..], Some("b")));
    assert_eq!(all[1].keys().collect::<Vec<_>>(), ["k", "b"]);
    assert_eq!((all[5].queue_id(), all[5].tag()), (2, None));
    assert_eq!(all[5].queue_offset(), client.max("T", 2).await - 1);
    assert!(format!("{:?}", all[0]).contains("body: \"a\""));
}

#[tokio::test]
async fn more_messages_than_are_read_at_a_time() {
    let (broker, client) = start().await;
    for _ in 0..1100 {
        client.send("T", 0, "x").await;
    }
    assert_eq!(broker.messages("T").await.unwrap().len(), 1100);
}

#[tokio::test]
async fn the_lag_of_a_group_is_what_it_has_not_consumed() {
    let (broker, client) = start().await;
    assert_eq!(broker.consumer_lag("g", "T"), 0);
    for queue in [0, 0, 0, 1] {
        client.send("T", queue, "x").await;
    }
    assert_eq!(broker.consumer_lag("g", "T"), 4);
    let fields = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0"), ("commitOffset", "2")];
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await;
    assert_eq!(broker.consumer_lag("g", "T"), 2);
    assert_eq!(broker.consumer_lag("other", "T"), 4);
}

#[tokio::test]
async fn a_condition_is_waited_for() {
    let (broker, client) = start().await;
    let sending = async {
        for body in ["a", "b"] {
            client.send("T", 0, body).await;
        }
    };
    let both = broker.wait_until(async || texts(&broker, "T").await.len() == 2);
    let ((), both) = tokio::join!(sending, both);
    both.unwrap();
    let never = broker.wait_until_within(Duration::from_millis(1), async || false).await;
    let error = never.unwrap_err().to_string();
    assert_eq!(error, "the condition did not hold within 1 ms");
}

#[tokio::test]
async fn delayed_messages_are_there_as_soon_as_the_clock_is_moved() {
    let (broker, client) = start().await;
    let delays = [("TIMER_DELAY_SEC", "3600"), ("DELAY", "17"), ("TIMER_DELAY_MS", "3605000")];
    for delay in delays {
        client.send_with("T", 0, &[delay], delay.0).await;
    }
    broker.advance(HOUR - Duration::from_secs(1)).await;
    assert!(texts(&broker, "T").await.is_empty());
    broker.advance(Duration::from_secs(1)).await;
    let mut first = texts(&broker, "T").await;
    first.sort();
    assert_eq!(first, ["DELAY", "TIMER_DELAY_SEC"]);
    broker.advance(Duration::from_secs(5)).await;
    assert_eq!(texts(&broker, "T").await.len(), 3);
    // The clock has moved for what is sent later, too.
    client.send_with("T", 1, &[("TIMER_DELAY_SEC", "60")], "later").await;
    broker.advance(Duration::from_secs(59)).await;
    assert_eq!(texts(&broker, "T").await.len(), 3);
    broker.advance(Duration::from_secs(1)).await;
    assert_eq!(texts(&broker, "T").await.len(), 4);
    let stored = broker.messages("T").await.unwrap();
    let times: Vec<_> = stored.iter().map(|message| message.parts().store_timestamp).collect();
    assert!(times.is_sorted() && times[3] - times[0] >= 60_000, "{times:?}");
}

#[tokio::test]
async fn a_retry_comes_back_when_the_clock_is_moved() {
    let (broker, client) = start().await;
    let sent = client.send("T", 0, "hard").await;
    let fields = [
        ("group", "g"),
        ("offset", &sent.commit_log_offset().to_string()),
        ("delayLevel", "0"),
        ("originTopic", "T"),
    ];
    client.get(request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)).await;
    assert!(texts(&broker, "%RETRY%g").await.is_empty());
    broker.advance(Duration::from_secs(10)).await;
    let [again] = &broker.messages("%RETRY%g").await.unwrap()[..] else { panic!("one retry") };
    assert_eq!((again.text(), again.parts().reconsume_times), ("hard".into(), 1));
}

#[tokio::test]
async fn a_popped_message_comes_again_when_the_clock_is_moved() {
    let (broker, client) = start().await;
    client.send("T", 0, "hard").await;
    let pop = Pop::new("T").invisible(HOUR.as_millis() as i64);
    for times in 0..=2 {
        let [popped] = &popped(&client.get(pop.request()).await)[..] else { panic!("one message") };
        assert_eq!((&*popped.message.body, popped.message.reconsume_times), ("hard", times));
        broker.advance(HOUR - MINUTE).await;
        nothing(&client, &pop).await;
        if times == 2 {
            client.get(popped.ack()).await;
        }
        broker.advance(MINUTE).await;
    }
    nothing(&client, &pop).await;
}

#[tokio::test]
async fn what_was_popped_in_order_comes_again_when_the_clock_is_moved() {
    let (broker, client) = start().await;
    for body in ["first", "second"] {
        client.send("T", 0, body).await;
    }
    let pop =
        |attempt| Pop::new("T").invisible(HOUR.as_millis() as i64).in_order(attempt).at_most(1);
    assert_eq!(bodies(&client.get(pop("1").request()).await), ["first"]);
    broker.advance(HOUR - MINUTE).await;
    nothing(&client, &pop("2")).await;
    broker.advance(MINUTE).await;
    let again = client.get(pop("3").request()).await;
    assert_eq!(bodies(&again), ["first"]);
    client.get(popped(&again)[0].ack()).await;
    assert_eq!(bodies(&client.get(pop("4").request()).await), ["second"]);
}

/// The broker gives a message out again as often as it is not acknowledged, as Java's does. The consumer, or
/// Apache's proxy, makes it a dead letter.
#[tokio::test]
async fn a_message_that_was_popped_too_often_becomes_a_dead_letter() {
    let (broker, client) = start().await;
    client.send("T", 0, "poison").await;
    let pop = Pop::new("T");
    for times in 0..MAX_TIMES {
        let [popped] = &popped(&client.get(pop.request()).await)[..] else { panic!("one message") };
        assert_eq!(popped.message.reconsume_times, times);
        broker.advance(MINUTE).await;
    }
    let [last] = &popped(&client.get(pop.request()).await)[..] else { panic!("one message") };
    assert_eq!(last.message.reconsume_times, MAX_TIMES);
    let fields = [
        ("group", "g"),
        ("offset", &last.message.commit_log_offset.to_string()),
        ("delayLevel", "-1"),
        ("originTopic", &last.topic),
        ("maxReconsumeTimes", "0"),
    ];
    client.get(request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)).await;
    client.get(last.ack()).await;
    broker.advance(HOUR).await;
    nothing(&client, &pop).await;
    let [dead] = &broker.messages("%DLQ%g").await.unwrap()[..] else { panic!("one dead letter") };
    assert_eq!((dead.text(), dead.parts().reconsume_times), ("poison".into(), MAX_TIMES + 1));
}

#[tokio::test]
async fn producers_are_asked_for_open_transactions_when_the_clock_is_moved() {
    let (broker, mut client) = start().await;
    let beat = HeartbeatData {
        client_id: "c".into(),
        producer_data_set: vec![ProducerData { group_name: "p".into() }],
        ..Default::default()
    };
    client.get(RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&beat).unwrap()).await;
    let half = [("TRAN_MSG", "true"), ("PGROUP", "p"), ("UNIQ_KEY", "AB")];
    client.send_with("T", 0, &half, "half").await;
    broker.advance(Duration::from_secs(6)).await;
    let asked = client.pushed().await;
    assert_eq!(asked.request_code(), RequestCode::CHECK_TRANSACTION_STATE);
    // Until it is given up.
    let given_up = "TRANS_CHECK_MAX_TIME_TOPIC";
    let gone = async || {
        broker.advance(Duration::from_secs(30)).await;
        texts(&broker, given_up).await == ["half"]
    };
    broker.wait_until(gone).await.unwrap();
}

#[tokio::test]
async fn faults_are_switched_while_clients_are_connected() {
    let (broker, client) = start().await;
    client.send("T", 0, "before").await;
    let denied = Abort::new(ResponseCode::NO_PERMISSION, "not today");
    let faults = broker.faults();
    faults.requests([Rule::new(RequestFault::Respond(denied)).code(RequestCode::PULL_MESSAGE)]);
    let pull = Pull::new("T", 0);
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::NO_PERMISSION);
    client.send("T", 0, "others are not hit").await;
    faults.clear();
    assert_eq!(bodies(&client.pull(&pull).await).len(), 2);

    let names = Peer::connect(&broker.name_server_addr().to_string()).await;
    let gone = Rule::new(RequestFault::Disconnect).code(RequestCode::GET_ROUTEINFO_BY_TOPIC);
    faults.requests([gone]);
    let route = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")]);
    names.channel.invoke(route, Duration::from_secs(5)).await.unwrap_err();
    faults.connections([Rule::new(ConnectionFault::Disconnect)]);
    let refused = Peer::connect(&broker.broker_addr().to_string()).await;
    soon(refused.channel.closed()).await;
    client.send("T", 0, "an old connection is not hit").await;
    assert_eq!(faults.injected(), 3);
}

#[tokio::test]
async fn settings_and_a_folder_are_those_of_the_builder() {
    let folder = support::folder::Folder::new();
    let builder = Broker::builder().data_dir(folder.path()).topic("Orders", 2);
    let broker = TestBroker::start_with(builder.clone()).await.unwrap();
    broker.send(Message::new("Orders", "kept")).await.unwrap();
    soon(broker.shutdown()).await.unwrap();
    let again = TestBroker::start_with(builder).await.unwrap();
    assert_eq!(texts(&again, "Orders").await, ["kept"]);
    soon(again.shutdown()).await.unwrap();
}

#[tokio::test]
async fn tools_see_how_far_each_level_of_delays_is_delivered() {
    let (broker, client) = start().await;
    let levels = async || {
        let info = client.get(RemotingCommand::request(RequestCode::GET_BROKER_RUNTIME_INFO)).await;
        let info: KVTable = json::from_slice(info.body()).unwrap();
        let levels = info.table.into_iter().filter(|(name, _)| name.starts_with("scheduleMess"));
        levels.collect::<Vec<_>>()
    };
    assert_eq!(levels().await, []);
    for (level, body) in [(3, "a"), (3, "b"), (18, "c")] {
        broker.send(Message::new("T", body).delay_level(level)).await.unwrap();
    }
    let named = |level: &str, value: &str| (format!("scheduleMessageOffset_{level}"), value.into());
    assert_eq!(levels().await, [named("18", "0,1"), named("3", "0,2")]);
    broker.advance(Duration::from_secs(11)).await;
    assert_eq!(levels().await, [named("18", "0,1"), named("3", "2,2")]);
    broker.advance(3 * HOUR).await;
    assert_eq!(levels().await, [named("18", "1,1"), named("3", "2,2")]);
}
