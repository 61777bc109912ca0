//! Nothing of one tenant reaches another, whatever both send: a property of every code.

use crate::requests::{Sender, Step};
use crate::support::peer::{Message, Peer};
use crate::{Tenants, to_broker, to_names};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{ConsumerData, HeartbeatData, ProducerData};
use rocketmq_tower::subject::{Action, Subject};
use rocketmq_tower::{RemotingCommand, RequestCode as Code};
use rocketmq_tower_broker::Broker;
use rocketmq_tower_gateway::RunningGateway;
use std::collections::HashSet;
use std::time::Duration;

const RED: Sender = Sender { word: "cherry", tries: Some(("plum", "blue")) };
const BLUE: Sender = Sender { word: "plum", tries: Some(("cherry", "red")) };

/// The connections of a tenant.
struct Party {
    sender: Sender,
    broker: Peer,
    names: Peer,
    /// The places in the commit log of what it has sent.
    offsets: Vec<i64>,
    /// The values of fields that it has sent: a broker passes them on to consumers.
    sent: HashSet<String>,
}

impl Party {
    async fn join(gateway: &RunningGateway, sender: Sender) -> Self {
        let (broker, names) = (to_broker(gateway).await, to_names(gateway).await);
        let (client, word) = (format!("{}-client", sender.word), sender.word);
        let data = HeartbeatData {
            client_id: client,
            consumer_data_set: vec![ConsumerData {
                group_name: format!("{word}-g1"),
                ..Default::default()
            }],
            producer_data_set: vec![ProducerData { group_name: format!("{word}-g1") }],
            ..Default::default()
        };
        let heartbeat = RemotingCommand::request(Code::HEART_BEAT).with_json(&data).unwrap();
        broker.get(heartbeat).await;
        Self { sender, broker, names, offsets: Vec::new(), sent: HashSet::new() }
    }

    /// Sends the request of a step to the broker, then to the name server, and returns the answers.
    async fn take(&mut self, step: Step, offsets: &[i64]) -> [RemotingCommand; 2] {
        let request = self.sender.request(step, offsets);
        self.sent.extend(request.ext_fields().iter().map(|(_, value)| value.to_owned()));
        let at_broker = self.broker.call(request.clone()).await;
        let id = at_broker.ext_fields().get("msgId").and_then(|id| id.get(16..32));
        self.offsets.extend(id.and_then(|id| i64::from_str_radix(id, 16).ok()));
        [at_broker, self.names.call(request).await]
    }

    /// Returns all requests that the broker has sent to it, without the fields of its own requests.
    async fn pushes(&mut self) -> Vec<RemotingCommand> {
        let mut pushes = Vec::new();
        loop {
            tokio::select! {
                biased;
                push = self.broker.pushed() => pushes.push(push),
                () = std::future::ready(()) => break,
            }
        }
        let without_own = pushes.into_iter().map(|push| {
            let fields = push.ext_fields().iter().filter(|(_, value)| !self.sent.contains(*value));
            let start = RemotingCommand::request(push.code()).with_body(push.body().clone());
            fields.fold(start, |push, (name, value)| push.with_ext_field(name, value))
        });
        without_own.collect()
    }
}

/// Asserts that nothing in a command names another tenant, or what is another's, nor its own namespace.
fn assert_own(command: &RemotingCommand, step: Option<Step>, other: Sender) {
    let mut bytes = command.body().to_vec();
    bytes.extend_from_slice(command.remark().unwrap_or_default().as_bytes());
    for (name, value) in command.ext_fields().iter() {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(value.as_bytes());
    }
    for word in [other.word, "red%", "blue%"] {
        let found = bytes.windows(word.len()).any(|bytes| bytes == word.as_bytes());
        assert!(!found, "{word}, {step:?}: {command:?} {:?}", String::from_utf8_lossy(&bytes));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn broker() -> rocketmq_tower_broker::BrokerBuilder {
    Broker::builder()
        .transaction_timeout(Duration::ZERO)
        .transaction_check_interval(Duration::from_millis(20))
}

/// Both take their steps by turns; each names messages of both.
async fn mix(steps: &[(Step, Step)]) {
    let tenants = Tenants::start_with(broker()).await;
    let mut red = Party::join(&tenants.red, RED).await;
    let mut blue = Party::join(&tenants.blue, BLUE).await;
    for &(of_red, of_blue) in steps {
        let all = [&*red.offsets, &*blue.offsets].concat();
        for answer in red.take(of_red, &all).await {
            assert_own(&answer, Some(of_red), BLUE);
        }
        for answer in blue.take(of_blue, &all).await {
            assert_own(&answer, Some(of_blue), RED);
        }
    }
    for push in red.pushes().await {
        assert_own(&push, None, BLUE);
    }
    for push in blue.pushes().await {
        assert_own(&push, None, RED);
    }
    drop((red, blue));
    tenants.shutdown().await;
}

/// Returns what red is told when it takes these steps, and blue takes those between them.
async fn told(steps: &[Step], of_blue: &[Step]) -> Vec<String> {
    let tenants = Tenants::start().await;
    let mut red = Party::join(&tenants.red, Sender { tries: None, ..RED }).await;
    let mut blue = Party::join(&tenants.blue, BLUE).await;
    let (mut told, mut between) = (Vec::new(), of_blue.iter());
    for &step in steps {
        if let Some(&step) = between.next() {
            let offsets = blue.offsets.clone();
            blue.take(step, &offsets).await;
        }
        let offsets = red.offsets.clone();
        let [at_broker, at_names] = red.take(step, &offsets).await;
        told.push(format!("{step:?}: {} / {}", stable(step, &at_broker), stable(step, &at_names)));
    }
    drop((red, blue));
    tenants.shutdown().await;
    told
}

/// Returns what does not differ from run to run: no times, no addresses, no places in the commit log.
fn stable(step: Step, answer: &RemotingCommand) -> String {
    let places = ["msgId", "offsetMsgId", "transactionId", "recallHandle"];
    // That of the first half of a transaction counts those of all tenants: the client has to give it back.
    let of_half = if step.is_transaction() { "queueOffset" } else { "" };
    let is_stable = |name: &str| !places.contains(&name) && name != of_half;
    let fields = answer.ext_fields().iter().filter(|(name, _)| is_stable(name));
    let mut fields: Vec<_> = fields.collect();
    fields.sort_unstable();
    let body = match messages(answer) {
        Some(messages) => messages
            .iter()
            .map(|m| format!("{} {} {} {}; ", m.topic, m.queue_id, m.queue_offset, m.body))
            .collect(),
        None => String::from_utf8_lossy(answer.body()).into_owned(),
    };
    let remark = answer.remark().unwrap_or_default();
    let text = format!("{} {remark} {fields:?} {body}", answer.response_code());
    without_numbers(&text)
}

/// Returns the messages of an answer whose body is messages.
fn messages(answer: &RemotingCommand) -> Option<Vec<Message>> {
    let all = StoredMessage::decode_all(answer.body());
    let are_messages = all.clone().all(|message| message.is_ok());
    are_messages.then(|| Message::all(answer))
}

/// Replaces the numbers that may be a time or a port, of at least 4 digits, and places in the log by name.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        match digits.len() {
            4.. => out.push('#'),
            _ => out.push_str(&digits),
        }
        digits.clear();
        out.push(character);
    }
    out
}

fn step() -> impl Strategy<Value = Step> {
    // Half of them write or read messages, so that there is something to see.
    const COMMON: [Code; 8] = [
        Code::SEND_MESSAGE,
        Code::SEND_MESSAGE_V2,
        Code::SEND_BATCH_MESSAGE,
        Code::PULL_MESSAGE,
        Code::POP_MESSAGE,
        Code::HEART_BEAT,
        Code::CONSUMER_SEND_MSG_BACK,
        Code::UPDATE_CONSUMER_OFFSET,
    ];
    let code = prop_oneof![select(&COMMON[..]), select(Code::ALL)];
    (code, any::<u32>()).prop_map(|(code, choice)| Step { code, choice })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        failure_persistence: None,
        rng_seed: seed(),
        max_shrink_iters: 64,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_of_another_tenant_is_told(steps in vec((step(), step()), 1..60)) {
        runtime().block_on(mix(&steps));
    }

    #[test]
    fn what_a_tenant_is_told_does_not_depend_on_others(
        steps in vec(step().prop_filter("depends on time", is_stable), 1..40),
        of_blue in vec(step(), 1..40),
    ) {
        let (alone, together) =
            runtime().block_on(async { (told(&steps, &[]).await, told(&steps, &of_blue).await) });
        prop_assert_eq!(alone, together);
    }
}

/// Returns the seed of the variable `PROPTEST_RNG_SEED`, or one that is the same in each run: the answers of a new code may depend on time.
fn seed() -> RngSeed {
    match ProptestConfig::default().rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        chosen => chosen,
    }
}

/// Whether the answer is the same in each run. Those of these codes have times, random numbers, or places in the
/// commit log.
fn is_stable(step: &Step) -> bool {
    !matches!(
        step.code,
        Code::QUERY_CONSUME_QUEUE
            | Code::POP_MESSAGE
            | Code::VIEW_BROKER_STATS_DATA
            | Code::END_TRANSACTION
            | Code::CONSUMER_SEND_MSG_BACK
            | Code::GET_CONSUME_STATS
            | Code::QUERY_CONSUME_TIME_SPAN
            // The first half of a transaction has a place in a queue that all share.
            | Code::VIEW_MESSAGE_BY_ID
    )
}

/// Every code, with each kind of names, when there is something to tell of both.
#[test]
fn every_code_keeps_tenants_apart() {
    let prepare =
        [Code::SEND_MESSAGE, Code::HEART_BEAT, Code::PULL_MESSAGE, Code::UPDATE_CONSUMER_OFFSET];
    let all = prepare.iter().chain(Code::ALL);
    let steps = all.flat_map(|code| {
        (0..12_u32).map(|n| {
            let step = Step { code: *code, choice: n.wrapping_mul(0x9E37_79B9) };
            (step, step)
        })
    });
    let steps: Vec<_> = steps.collect();
    runtime().block_on(mix(&steps));
}

/// A code that RocketMQ defines has an entry in the table of subjects; without one, it would be refused for tenants.
#[test]
fn every_code_is_known() {
    for code in Code::ALL {
        assert_ne!(Action::of(*code), Action::Unknown, "{code} has no entry");
    }
    let unknown = RemotingCommand::request(7777);
    assert!(!Subject::is_named(&unknown));
}
