//! Requests of every code, with random fields and bodies.

use bytes::{Bytes, BytesMut};
use rocketmq_tower::message::{BatchedMessage, Properties};
use rocketmq_tower::{RemotingCommand, RequestCode as Code};

/// A request to come: its code, and what its names and bodies are chosen by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) code: Code,
    pub(crate) choice: u32,
}

impl Step {
    /// Whether a message that it sends is the first half of a transaction.
    pub(crate) fn is_transaction(self) -> bool {
        self.choice & 8 != 0
    }
}

/// One who sends requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    /// A word in all its names and texts.
    pub(crate) word: &'static str,
    /// A word, and the tenant, of somebody else, whose names it tries; `None` if it does not.
    pub(crate) tries: Option<(&'static str, &'static str)>,
}

impl Sender {
    fn topic(self, choice: u32) -> String {
        let word = self.word;
        match (choice % 16, self.tries) {
            (0, _) => format!("%RETRY%{word}-g1"),
            (1, _) => format!("%DLQ%{word}-g1"),
            (2, _) => format!("%RETRY%{word}-g1+{word}-t1"),
            (3, Some((other, tenant))) => format!("{tenant}%{other}-t1"),
            (4, Some((other, tenant))) => format!("%RETRY%{tenant}%{other}-g1"),
            (5, _) => "TBW102".into(),
            (6, _) => "rmq_sys_wheel_timer".into(),
            (7, _) => "same".into(),
            (n, _) => format!("{word}-t{}", n % 2),
        }
    }

    fn group(self, choice: u32) -> String {
        let word = self.word;
        match (choice % 8, self.tries) {
            (0, Some((other, tenant))) => format!("{tenant}%{other}-g1"),
            (1, _) => "same".into(),
            (n, _) => format!("{word}-g{}", n % 2),
        }
    }

    fn client(self) -> String {
        format!("{}-client", self.word)
    }

    /// Returns the request of a step. `offsets` are those of messages in the commit log that it may name.
    pub(crate) fn request(self, step: Step, offsets: &[i64]) -> RemotingCommand {
        let Step { code, choice } = step;
        let (topic, group, client) =
            (self.topic(choice >> 4), self.group(choice >> 8), self.client());
        let offset =
            offsets.get((choice >> 12) as usize % offsets.len().max(1)).copied().unwrap_or(0);
        let (offset, zero, one) = (offset.to_string(), "0".to_owned(), "1".to_owned());
        let queue = match code {
            Code::POP_MESSAGE | Code::NOTIFICATION => "-1".to_owned(),
            _ => zero.clone(),
        };
        let at = match code {
            Code::VIEW_MESSAGE_BY_ID | Code::CONSUMER_SEND_MSG_BACK => offset.clone(),
            _ => zero.clone(),
        };
        // A pull has its subscription in its header, and does not wait.
        let pulls = matches!(code, Code::PULL_MESSAGE | Code::LITE_PULL_MESSAGE);
        let flags = if pulls { "4".to_owned() } else { zero.clone() };
        let key = if choice & 1 == 0 { topic.clone() } else { format!("{topic}@{group}") };
        let stats = ["TOPIC_PUT_NUMS", "GROUP_GET_NUMS"][(choice & 1) as usize];
        let namespace = ["ORDER_TOPIC_CONFIG", "other"][(choice >> 1 & 1) as usize];
        let properties = self.properties(step, &topic, &group);
        let id = format!("7F00000100002A9F{:016X}", offset.parse::<i64>().unwrap_or(0));
        let far = "9999999999999".to_owned();
        let text = |text: &str| text.to_owned();
        let fields = [
            ("topic b originTopic topicList", &topic),
            ("group consumerGroup groupName srcGroup destGroup compareGroup filterGroups", &group),
            ("a producerGroup", &group),
            ("clientID clientId", &client),
            ("statsKey", &key),
            ("statsName", &text(stats)),
            ("namespace", &text(namespace)),
            ("key", &topic),
            ("value", &format!("{}-value", self.word)),
            ("defaultTopic c", &text("TBW102")),
            ("defaultTopicQueueNums d", &one),
            ("queueId e", &queue),
            ("sysFlag f", &flags),
            ("bornTimestamp g flag h reconsumeTimes j", &zero),
            ("properties i", &properties),
            (
                "unitMode k batch m isForce isOffline jstackEnable fromTransactionCheck",
                &text("false"),
            ),
            ("offset queueOffset commitOffset subVersion suspendTimeoutMillis index", &at),
            ("commitLogOffset", &offset),
            ("maxMsgNums maxNum count", &text("32")),
            ("subscription exp", &text("*")),
            ("expressionType expType", &text("TAG")),
            ("timestamp beginTimestamp pollTime bornTime initMode", &zero),
            ("endTimestamp", &far),
            ("tranStateTableOffset", &zero),
            ("commitOrRollback", &text("8")),
            ("delayLevel", &text(["-1", "1"][(choice & 1) as usize])),
            ("msgId offsetMsgId", &id),
            ("invisibleTime", &text("60000")),
            ("order", &text("false")),
            ("readQueueNums writeQueueNums", &one),
            ("perm", &text("6")),
            ("topicFilterType", &text("SINGLE_TAG")),
            ("cluster clusterName", &text("DefaultCluster")),
            ("brokerName", &text("broker-a")),
            ("extraInfo", &text("0 0 60000 0 0 broker-a 0 0")),
        ];
        let mut request = RemotingCommand::request(code);
        for (names, value) in fields {
            for name in names.split(' ') {
                request.ext_fields_mut().insert(name, value);
            }
        }
        request.with_body(self.body(code, &topic, &group))
    }

    fn properties(self, step: Step, topic: &str, group: &str) -> String {
        let word = self.word;
        let mut all = format!("KEYS\u{1}{topic}\u{2}UNIQ_KEY\u{1}{word}-id\u{2}");
        if step.choice & 4 != 0 {
            all +=
                &format!("RETRY_TOPIC\u{1}{topic}\u{2}REPLY_TO_CLIENT\u{1}{}\u{2}", self.client());
        }
        if step.is_transaction() {
            all += &format!("TRAN_MSG\u{1}true\u{2}PGROUP\u{1}{group}\u{2}");
        }
        all
    }

    fn body(self, code: Code, topic: &str, group: &str) -> Bytes {
        let (word, client) = (self.word, self.client());
        let queues = format!(r#"[{{"brokerName":"broker-a","queueId":0,"topic":"{topic}"}}]"#);
        let subscription = format!(r#"{{"topic":"{topic}","subString":"*","subVersion":1}}"#);
        let text = match code {
            Code::HEART_BEAT => format!(
                r#"{{"clientID":"{client}","consumerDataSet":[{{"groupName":"{group}","consumeType":"CONSUME_PASSIVELY",
                "messageModel":"CLUSTERING","consumeFromWhere":"CONSUME_FROM_FIRST_OFFSET","subscriptionDataSet":[{subscription}]}}],
                "producerDataSet":[{{"groupName":"{group}"}}]}}"#
            ),
            Code::LOCK_BATCH_MQ | Code::UNLOCK_BATCH_MQ => {
                format!(r#"{{"clientId":"{client}","consumerGroup":"{group}","mqSet":{queues}}}"#)
            }
            Code::CHECK_CLIENT_CONFIG => format!(
                r#"{{"clientId":"{client}","group":"{group}","subscriptionData":{subscription}}}"#
            ),
            Code::QUERY_ASSIGNMENT | Code::SET_MESSAGE_REQUEST_MODE => format!(
                r#"{{"clientId":"{client}","consumerGroup":"{group}","topic":"{topic}","mode":"POP","strategyName":"AVG","messageModel":"CLUSTERING"}}"#
            ),
            Code::UPDATE_AND_CREATE_TOPIC_LIST => format!(
                r#"{{"topicConfigList":[{{"topicName":"{topic}","readQueueNums":1,"writeQueueNums":1,"perm":6}}]}}"#
            ),
            Code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP => format!(r#"{{"groupName":"{group}"}}"#),
            Code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST => {
                format!(r#"{{"groupConfigList":[{{"groupName":"{group}"}}]}}"#)
            }
            Code::BATCH_ACK_MESSAGE => format!(
                r#"{{"brokerName":"broker-a","acks":[{{"c":"{group}","t":"{topic}","r":"0","q":0,"b":"AQ=="}}]}}"#
            ),
            Code::SEND_BATCH_MESSAGE => {
                let mut body = BytesMut::new();
                let text = format!("{word}-body");
                let properties = Properties::new("");
                let message = BatchedMessage { flag: 0, body: text.as_bytes(), properties };
                message.encode(&mut body).unwrap();
                return body.freeze();
            }
            _ => format!("{word}-body"),
        };
        text.into()
    }
}
