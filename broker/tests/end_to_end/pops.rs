//! Messages that are popped, acknowledged, and delivered again.

use crate::support::folder::Folder;
use crate::support::peer::{Message, Peer, bodies, offset};
use crate::support::popped::{Popped, header, popped};
use crate::support::requests::{Pop, now_ms, request};
use crate::support::running::Running;
use crate::support::{PATIENCE, soon};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use tokio::task::JoinSet;

pub(crate) async fn group_offset(client: &Peer, topic: &str, queue: &str) -> i64 {
    let fields = [("consumerGroup", "g"), ("topic", topic), ("queueId", queue)];
    offset(&client.get(request(RequestCode::QUERY_CONSUMER_OFFSET, &fields)).await)
}

/// Returns the only message of the next pop, which waits for it.
pub(crate) async fn next(client: &Peer, pop: Pop<'_>) -> Popped {
    let response = client.get(pop.waits(20_000).request()).await;
    let [popped] = &popped(&response)[..] else { panic!("one message: {response:?}") };
    popped.clone()
}

/// Expects that there is nothing to pop.
pub(crate) async fn nothing(client: &Peer, pop: &Pop<'_>) {
    let (code, remark) = client.refusal(pop.request()).await;
    assert_eq!(code, ResponseCode::POLLING_TIMEOUT, "{remark}");
}

#[tokio::test]
async fn messages_of_all_queues_are_popped_once_and_move_the_offsets_of_the_group() {
    let running = Running::start(Broker::builder().topic("T", 3)).await;
    let client = running.client().await;
    for (queue, body) in [(0, "a"), (2, "b"), (2, "c"), (2, "d")] {
        client.send("T", queue, body).await;
    }
    let before = now_ms();
    let first = client.get(Pop::new("T").queue(2).at_most(2).request()).await;
    assert_eq!(bodies(&first), ["b", "c"]);
    let fields = header(&first);
    assert!((before..=now_ms()).contains(&fields.pop_time));
    assert_eq!((fields.invisible_time, fields.revive_qid, fields.rest_num), (60_000, 0, 1));
    assert_eq!(fields.start_offset_info.as_deref(), Some("0 2 0"));
    assert_eq!(fields.msg_offset_info.as_deref(), Some("0 2 0,1"));
    assert_eq!(fields.order_count_info, None);

    let second = client.get(Pop::new("T").request()).await;
    let mut rest = bodies(&second);
    rest.sort();
    assert_eq!(rest, ["a", "d"]);
    let starts = header(&second).start_offset_info.unwrap();
    let mut starts: Vec<_> = starts.split(';').collect();
    starts.sort();
    assert_eq!(starts, ["0 0 0", "0 2 2"]);
    nothing(&client, &Pop::new("T")).await;
    assert_eq!(
        [group_offset(&client, "T", "0").await, group_offset(&client, "T", "2").await],
        [1, 3]
    );
    running.end().await;
}

#[tokio::test]
async fn a_message_that_is_not_acknowledged_in_time_is_popped_again() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for body in ["lost", "done"] {
        client.send_with("T", 0, &[("TAGS", "red"), ("KEYS", "k")], body).await;
    }
    let first = client.get(Pop::new("T").invisible(2000).request()).await;
    let pop_time = header(&first).pop_time.to_string();
    let [_, done] = &popped(&first)[..] else { panic!("two messages: {first:?}") };
    client.get(done.ack()).await;

    for times in 1..=2 {
        // With little time the second time, too, so that there is a third one.
        let again =
            next(&client, Pop::new("T").invisible(if times == 1 { 1 } else { 60_000 })).await;
        let message = &again.message;
        assert_eq!((&*message.body, &*message.topic), ("lost", "T"));
        assert_eq!(message.reconsume_times, times);
        assert_eq!(message.property("1ST_POP_TIME"), Some(&*pop_time));
        assert_eq!(message.property("ORIGIN_GROUP"), Some("g"));
        assert_eq!([message.property("TAGS"), message.property("KEYS")], [Some("red"), Some("k")]);
        let handle: Vec<_> = again.handle.split(' ').collect();
        assert_eq!(handle[3..], ["0", "1", "broker-a", "0", &*(times - 1).to_string()]);
        if times == 2 {
            client.get(again.ack()).await;
        }
    }
    let all = client.all("%RETRY%g_T", 0).await;
    assert!(all.len() == 2 && all.iter().all(|message| message.body == "lost"), "{all:?}");
    running.end().await;
}

#[tokio::test]
async fn a_pop_waits_for_a_message_and_one_message_is_given_to_one_pop() {
    let running = Running::start(Broker::builder().topic("T", 4)).await;
    let client = running.client().await;
    let mut pops = JoinSet::new();
    for _ in 0..3 {
        let channel = client.channel.clone();
        let pop = Pop::new("T").waits(20_000).request();
        pops.spawn(async move { channel.invoke(pop, PATIENCE).await.unwrap() });
    }
    let mut sent = Vec::new();
    for queue in 0..3 {
        let body = format!("to {queue}");
        client.send("T", queue, &body).await;
        sent.push(body);
    }
    let mut all = Vec::new();
    // A pop may get two of them; another one gets nothing then.
    while all.len() < 3 {
        all.extend(bodies(&soon(pops.join_next()).await.unwrap().unwrap()));
    }
    all.sort();
    assert_eq!(all, sent);
    running.end().await;
}

#[tokio::test]
async fn a_pop_without_messages_ends_when_its_time_is_over() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    nothing(&client, &Pop::new("T")).await;
    nothing(&client, &Pop::new("T").waits(20)).await;
    // One that was on its way for too long.
    let born = (now_ms() - 600).to_string();
    let late = Pop::new("T").waits(20).request().with_ext_field("bornTime", &born);
    let (code, _) = client.refusal(late).await;
    assert_eq!(code, ResponseCode::POLLING_TIMEOUT);
    running.end().await;
}

#[tokio::test]
async fn only_messages_with_the_tag_are_popped() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for tag in ["red", "blue", "red"] {
        client.send_with("T", 0, &[("TAGS", tag)], tag).await;
    }
    let mut pop = Pop::new("T").invisible(1);
    (pop.0.exp_type, pop.0.exp) = (Some("TAG"), Some("red"));
    let first = client.get(pop.request()).await;
    assert_eq!(bodies(&first), ["red", "red"]);
    assert_eq!(header(&first).msg_offset_info.as_deref(), Some("0 0 0,2"));
    assert_eq!(group_offset(&client, "T", "0").await, 3);
    // Those that come back, too.
    let pop = pop.invisible(60_000);
    let mut again = bodies(&client.get(pop.clone().waits(20_000).request()).await);
    while again.len() < 2 {
        again.extend(bodies(&client.get(pop.clone().waits(20_000).request()).await));
    }
    assert_eq!(again, ["red", "red"]);
    let mut wrong = Pop::new("T");
    (wrong.0.exp_type, wrong.0.exp) = (Some("COLOUR"), Some("red"));
    assert!(!client.call(wrong.request()).await.response_code().is_success());
    running.end().await;
}

#[tokio::test]
async fn messages_can_be_filtered_by_sql() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for n in ["1", "2", "3"] {
        client.send_with("T", 0, &[("n", n)], n).await;
    }
    let mut pop = Pop::new("T").invisible(1);
    (pop.0.exp_type, pop.0.exp) = (Some("SQL92"), Some("n > 1"));
    let first = client.get(pop.request()).await;
    assert_eq!(bodies(&first), ["2", "3"]);
    let mut again = Vec::new();
    while again.len() < 2 {
        let pop = pop.clone().invisible(60_000).waits(20_000);
        again.extend(bodies(&client.get(pop.request()).await));
    }
    assert_eq!(again, ["2", "3"]);
    running.end().await;
}

#[tokio::test]
async fn what_is_popped_and_what_is_acknowledged_survives_a_restart() {
    let folder = Folder::new();
    let start = || Running::start(Broker::builder().topic("T", 1).data_dir(folder.path()));
    let running = start().await;
    let client = running.client().await;
    for body in ["a", "b", "c"] {
        client.send("T", 0, body).await;
    }
    // The second one is due soon after the restart.
    let first = client.get(Pop::new("T").at_most(2).invisible(1000).request()).await;
    client.get(popped(&first)[0].ack()).await;
    running.end().await;

    let running = start().await;
    let client = running.client().await;
    assert_eq!(group_offset(&client, "T", "0").await, 2);
    let mut rest = Vec::new();
    while rest.len() < 2 {
        let response = client.get(Pop::new("T").waits(20_000).request()).await;
        let all = Message::all(&response).into_iter();
        rest.extend(all.map(|message| (message.body, message.reconsume_times)));
    }
    rest.sort();
    assert_eq!(rest, [("b".to_owned(), 1), ("c".to_owned(), 0)]);
    running.end().await;

    let running = start().await;
    assert_eq!(running.client().await.max("%RETRY%g_T", 0).await, 1);
    running.end().await;
}

#[tokio::test]
async fn acknowledgements_are_checked() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send("T", 0, "a").await;
    let one = next(&client, Pop::new("T")).await;
    let with = |name: &str, value: &str| one.ack().with_ext_field(name, value);
    for (ack, code) in [
        (with("topic", "U"), ResponseCode::TOPIC_NOT_EXIST),
        (with("queueId", "1"), ResponseCode::MESSAGE_ILLEGAL),
        (with("queueId", "-1"), ResponseCode::MESSAGE_ILLEGAL),
        (with("offset", "2"), ResponseCode::NO_MESSAGE),
        (with("offset", "-1"), ResponseCode::NO_MESSAGE),
        (with("extraInfo", "a handle"), ResponseCode::INVALID_PARAMETER),
        // Of another pop, and of another group: nothing to do, as for one that was acknowledged before.
        (with("extraInfo", "0 7 60000 0"), ResponseCode::SUCCESS),
        (with("consumerGroup", "h"), ResponseCode::SUCCESS),
        (one.ack(), ResponseCode::SUCCESS),
        (one.ack(), ResponseCode::SUCCESS),
    ] {
        assert_eq!(client.refusal(ack.clone()).await.0, code, "{ack:?}");
    }
    running.end().await;
}

#[tokio::test]
async fn pops_are_checked() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let mut bad_group = Pop::new("T");
    bad_group.0.consumer_group = "a b";
    for (pop, code) in [
        (Pop::new("U"), ResponseCode::TOPIC_NOT_EXIST),
        (Pop::new("T").queue(1), ResponseCode::INVALID_PARAMETER),
        (Pop::new("T").at_most(33), ResponseCode::INVALID_PARAMETER),
        (bad_group, ResponseCode::INVALID_PARAMETER),
        (Pop::new("T").in_order(&"x".repeat(256)), ResponseCode::INVALID_PARAMETER),
    ] {
        assert_eq!(client.refusal(pop.request()).await.0, code, "{pop:?}");
    }
    running.end().await;
}

#[tokio::test]
async fn a_group_that_may_not_consume_pops_nothing() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send("T", 0, "a").await;
    let group = RemotingCommand::request(RequestCode::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP);
    client.get(group.with_body(r#"{"groupName":"g","consumeEnable":false}"#)).await;
    let (code, remark) = client.refusal(Pop::new("T").request()).await;
    assert_eq!(code, ResponseCode::NO_PERMISSION, "{remark}");
    running.end().await;
}

#[tokio::test]
async fn a_group_that_begins_at_the_end_gets_the_whole_queue_as_long_as_nothing_was_deleted() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send("T", 0, "a").await;
    let mut pop = Pop::new("T");
    pop.0.init_mode = 1;
    assert_eq!(next(&client, pop).await.message.body, "a");
    running.end().await;
}

#[tokio::test]
async fn a_message_that_comes_back_can_become_a_dead_letter() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let sent = client.send("T", 0, "bad").await;
    next(&client, Pop::new("T").invisible(1)).await;
    let back = next(&client, Pop::new("T")).await;
    let offset = back.message.commit_log_offset.to_string();
    let fields = [
        ("offset", &*offset),
        ("group", "g"),
        ("delayLevel", "-1"),
        ("originMsgId", &*sent.msg_id),
        ("originTopic", &*back.topic),
        ("maxReconsumeTimes", "0"),
    ];
    client.get(request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)).await;
    client.get(back.ack()).await;
    let letters = client.all("%DLQ%g", 0).await;
    assert_eq!(letters.len(), 1);
    assert_eq!((&*letters[0].body, letters[0].property("DLQ_ORIGIN_TOPIC")), ("bad", Some("T")));
    running.end().await;
}
