//! The broker with its peers, and the checks at all times and at the end.

use super::ledger::Ledger;
use super::peer::Peer;
use super::requests;
use crate::Input;
use rocketmq_tower_broker::fuzzing::{MemoryBroker, OWN_CLIENT_STATE};
use rocketmq_tower_core::{RemotingCommand, RequestCode as Code, ResponseCode};
use std::time::Duration;
use tokio::time::sleep;

/// The number of peers. The last one speaks to the name server.
const PEERS: usize = 4;

pub(super) struct World {
    broker: MemoryBroker,
    /// The bytes for the client state of all connections.
    room: usize,
    peers: [Option<Peer>; PEERS],
    /// The number of connections until now.
    opened: usize,
    /// The number of requests until now.
    sent: u32,
    ledger: Ledger,
}

impl World {
    pub(super) fn new(broker: MemoryBroker, room: usize) -> Self {
        let peers = Default::default();
        Self { broker, room, peers, opened: 0, sent: 0, ledger: Ledger::default() }
    }

    pub(super) async fn step(&mut self, op: u8, input: &mut Input<'_>) {
        let at = usize::from(op & 3) % PEERS;
        match op >> 2 & 15 {
            0..=10 => self.request(at, input).await,
            11 => self.peers[at] = None,
            12 => {
                if let Some(peer) = &mut self.peers[at] {
                    peer.finish().await;
                }
            }
            13 => sleep(Duration::from_millis(input.pick([1, 900, 5000, 31_000]))).await,
            14 => {
                let ms = input.pick([1, 1000, 60_000, 3_600_000]);
                self.broker.advance(Duration::from_millis(ms)).await;
            }
            _ => sleep(Duration::from_millis(1)).await,
        }
        self.receive().await;
    }

    async fn request(&mut self, at: usize, input: &mut Input<'_>) {
        self.sent += 1;
        let request = requests::next(input, self.sent, &self.ledger.known);
        self.ledger.deletes(&request);
        if self.peers[at].is_none() {
            self.opened += 1;
            let connected = match at {
                3 => self.broker.connect_to_names().await,
                _ => self.broker.connect().await,
            };
            self.peers[at] = Some(Peer::new(connected.expect("connects")));
        }
        if let Some(peer) = &mut self.peers[at] {
            peer.send(request).await;
        }
    }

    async fn receive(&mut self) {
        for place in &mut self.peers {
            if let Some(peer) = place {
                if !peer.receive(&mut self.ledger).await {
                    *place = None;
                }
            }
        }
        let most = self.room + self.opened * OWN_CLIENT_STATE;
        let held = self.broker.held();
        assert!(held.client_state <= most, "{held:?}, {most} may be");
    }

    /// Lets everything be answered, pulls what was sent, and ends the connections.
    pub(super) async fn end(mut self) {
        // More than a request may take.
        for _ in 0..72 {
            sleep(Duration::from_secs(1)).await;
            self.receive().await;
        }
        self.pull_all().await;
        self.broker.check().expect("the state is sound");
        self.peers = Default::default();
        sleep(Duration::from_millis(10)).await;
        let held = self.broker.held();
        assert_eq!((held.writes, held.answers), (0, 0), "room is not given back");
    }

    /// Pulls all messages that were sent with success.
    async fn pull_all(&self) {
        let mut peer = Peer::new(self.broker.connect().await.expect("connects"));
        // A request may have forbidden to read.
        let permit = RemotingCommand::request(Code::UPDATE_BROKER_CONFIG);
        let permitted = peer.ask(permit.with_body("brokerPermission=6")).await;
        assert!(permitted.response_code().is_success(), "{permitted:?}");
        for ((topic, queue), messages) in &self.ledger.queues {
            let queues = (queue + 1).max(8).to_string();
            let open = RemotingCommand::request(Code::UPDATE_AND_CREATE_TOPIC)
                .with_ext_field("topic", topic)
                .with_ext_field("readQueueNums", &queues)
                .with_ext_field("writeQueueNums", &queues)
                .with_ext_field("perm", "6");
            let opened = peer.ask(open).await;
            // The broker's own topics cannot be changed, and so have the queues that they had.
            let is_system = || opened.remark().is_some_and(|text| text.ends_with("system topic."));
            assert!(opened.response_code().is_success() || is_system(), "{opened:?}");
            let mut missing: Vec<i64> = messages.keys().copied().collect();
            let mut offset = 0;
            while !missing.is_empty() {
                let pull = RemotingCommand::request(Code::LITE_PULL_MESSAGE)
                    .with_ext_field("consumerGroup", "all")
                    .with_ext_field("topic", topic)
                    .with_ext_field("queueId", &queue.to_string())
                    .with_ext_field("queueOffset", &offset.to_string())
                    .with_ext_field("maxMsgNums", "32")
                    .with_ext_field("sysFlag", "4")
                    .with_ext_field("subscription", "*");
                let pulled = peer.ask(pull).await;
                let code = pulled.response_code();
                assert_eq!(code, ResponseCode::SUCCESS, "{topic} {queue}: {missing:?} are lost");
                let found = self.ledger.pulled(topic, *queue, &pulled);
                assert_eq!(found.first(), Some(&offset), "{topic} {queue} has a gap");
                missing.retain(|offset| !found.contains(offset));
                offset = found.last().map_or(offset, |last| last + 1);
            }
        }
    }
}
