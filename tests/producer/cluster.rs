//! A name server and brokers in memory, which note what they receive and answer as a test says.

use crate::common::net::Net;
use rocketmq_tower::client::{Client, Producer, TopicRoutes};
use rocketmq_tower::message::{Message, SendHeader, property};
use rocketmq_tower::protocol::{
    BrokerData, GetRouteInfoRequestHeader, QueueData, SendMessageResponseHeader, TopicRouteData,
    perm,
};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, service_fn};
use rocketmq_tower_test_support::lock;
use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex};

pub(crate) const NAMES: &str = "names:9876";

/// How a broker answers one send.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Code(ResponseCode),
    Never,
}

/// A send that a broker received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) broker: &'static str,
    pub(crate) code: RequestCode,
    pub(crate) is_oneway: bool,
    pub(crate) group: String,
    pub(crate) topic: String,
    pub(crate) queue_id: i32,
    pub(crate) unique_id: String,
    pub(crate) named: Option<String>,
    pub(crate) queue_nums: i32,
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
struct State {
    routes: HashMap<String, TopicRouteData>,
    /// The topics that the name server was asked for.
    asked: Vec<String>,
    /// The next answer to a question is this code.
    refusal: Option<ResponseCode>,
    received: Vec<Received>,
    answers: HashMap<&'static str, VecDeque<Answer>>,
}

#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) net: Net,
    pub(crate) client: Client,
    state: Arc<Mutex<State>>,
}

impl Cluster {
    /// Starts a name server, and brokers with these names.
    pub(crate) fn new(brokers: &[&'static str]) -> Self {
        let net = Net::new();
        let cluster = Self { client: net.client(), net, state: Arc::default() };
        let names = cluster.clone();
        let name_server = service_fn(move |request| {
            let answer = names.tell(&request);
            async move { answer }
        });
        cluster.net.start(NAMES, name_server);
        for name in brokers {
            let (broker, name) = (cluster.clone(), *name);
            let broker = service_fn(move |request| {
                let answer = broker.store(name, &request);
                async move {
                    match answer? {
                        Some(answer) => Ok::<_, BoxError>(answer),
                        None => pending().await,
                    }
                }
            });
            cluster.net.start(&addr(name), broker);
        }
        cluster
    }

    pub(crate) fn routes(&self) -> TopicRoutes {
        TopicRoutes::new(self.client.name_servers([NAMES]))
    }

    pub(crate) fn producer(&self) -> Producer {
        Producer::new(self.routes()).group("group")
    }

    /// Sets the route of a topic: brokers with their numbers of queues.
    pub(crate) fn set(&self, topic: &str, brokers: &[(&str, i32)]) {
        let (broker_datas, queue_datas) =
            brokers.iter().map(|(name, queues)| (master(name), queues_of(name, *queues))).unzip();
        let route = TopicRouteData { broker_datas, queue_datas, ..Default::default() };
        self.set_data(topic, route);
    }

    pub(crate) fn set_data(&self, topic: &str, route: TopicRouteData) {
        lock(&self.state).routes.insert(topic.to_owned(), route);
    }

    pub(crate) fn remove(&self, topic: &str) {
        lock(&self.state).routes.remove(topic);
    }

    /// Takes the topics that the name server was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).asked)
    }

    /// Lets the name server answer its next question with this code.
    pub(crate) fn refuse(&self, code: ResponseCode) {
        lock(&self.state).refusal = Some(code);
    }

    /// Sets the answers of a broker to its next sends. It stores all others.
    pub(crate) fn answer(&self, broker: &'static str, answers: &[Answer]) {
        lock(&self.state).answers.insert(broker, answers.iter().copied().collect());
    }

    /// Returns the number of sends that the brokers received and the test did not take.
    pub(crate) fn count(&self) -> usize {
        lock(&self.state).received.len()
    }

    /// Takes what the brokers received.
    pub(crate) fn received(&self) -> Vec<Received> {
        std::mem::take(&mut lock(&self.state).received)
    }

    /// Takes the brokers and queues that messages were sent to.
    pub(crate) fn places(&self) -> Vec<(&'static str, i32)> {
        self.received().iter().map(|sent| (sent.broker, sent.queue_id)).collect()
    }

    /// Takes the brokers that messages were sent to.
    pub(crate) fn brokers(&self) -> Vec<&'static str> {
        self.received().iter().map(|sent| sent.broker).collect()
    }

    fn tell(&self, request: &RemotingCommand) -> Result<RemotingCommand, BoxError> {
        let header: GetRouteInfoRequestHeader<&str> = request.header()?;
        let mut state = lock(&self.state);
        state.asked.push(header.topic.to_owned());
        if let Some(code) = state.refusal.take() {
            return Ok(RemotingCommand::response(code).with_remark("no"));
        }
        match state.routes.get(header.topic) {
            Some(route) => Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_json(route)?),
            None => Ok(RemotingCommand::response(ResponseCode::TOPIC_NOT_EXIST)),
        }
    }

    /// Returns the answer to a send; `None` if there is none.
    fn store(
        &self,
        broker: &'static str,
        request: &RemotingCommand,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        let header = SendHeader::read(request)?;
        let mut state = lock(&self.state);
        let offset = state.received.len() as i64;
        state.received.push(Received {
            broker,
            code: request.request_code(),
            is_oneway: request.is_oneway(),
            group: header.producer_group.to_owned(),
            topic: header.topic.to_owned(),
            queue_id: header.queue_id,
            unique_id: header.properties.get(property::UNIQ_KEY).unwrap_or_default().to_owned(),
            named: header.broker_name.map(str::to_owned),
            queue_nums: header.default_topic_queue_nums,
            body: request.body().to_vec(),
        });
        let answer = state.answers.get_mut(broker).and_then(VecDeque::pop_front);
        let code = match answer {
            Some(Answer::Never) => return Ok(None),
            Some(Answer::Code(code)) => code,
            None => ResponseCode::SUCCESS,
        };
        let header = SendMessageResponseHeader {
            msg_id: "7F00000100002A9F00000000000004D2",
            queue_id: header.queue_id,
            queue_offset: offset,
            ..Default::default()
        };
        let response = RemotingCommand::response(code).with_remark("no");
        Ok(Some(response.with_header(&header)?))
    }
}

pub(crate) fn addr(broker: &str) -> String {
    format!("{broker}:10911")
}

pub(crate) fn master(name: &str) -> BrokerData {
    BrokerData {
        broker_addrs: [(0, addr(name))].into(),
        broker_name: name.into(),
        ..Default::default()
    }
}

pub(crate) fn queues_of(name: &str, queues: i32) -> QueueData {
    QueueData {
        broker_name: name.into(),
        perm: perm::READ | perm::WRITE,
        read_queue_nums: queues,
        write_queue_nums: queues,
        ..Default::default()
    }
}

pub(crate) fn hello(topic: &str) -> Message {
    Message::new(topic, "hello")
}
