//! Requests that wait for messages in a table.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use common::{Scripted, run};
use rocketmq_tower::command::remark;
use rocketmq_tower::long_polls::PollEnd;
use rocketmq_tower::{
    BoxError, CloseReason, LongPolls, RemotingCommand, ResponseCode, Server, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND, request, soon, until};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::time::Instant;

const PULL: i32 = 1;
const PUT: i32 = 2;
const DRAIN: i32 = 3;
const CLOSE: i32 = 4;

/// Two queues in memory, `a` and `b`, whose messages are pulled one at a time.
#[derive(Clone)]
struct Store {
    messages: Arc<Mutex<Vec<(char, String)>>>,
    polls: LongPolls<char>,
    wait: Duration,
    /// The inner one is held by each parked request.
    #[allow(clippy::redundant_allocation, reason = "clones of the store must not count")]
    held: Arc<Arc<()>>,
    attempts: Arc<AtomicUsize>,
}

impl Store {
    fn new(polls: LongPolls<char>) -> Self {
        Self {
            messages: Arc::default(),
            polls,
            wait: 10 * SECOND,
            held: Arc::default(),
            attempts: Arc::default(),
        }
    }

    fn put(&self, queue: char, message: &str) {
        self.messages.lock().unwrap().push((queue, message.into()));
        self.polls.wake(&queue);
    }

    fn find(&self, queue: char, offset: usize) -> Option<RemotingCommand> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        let messages = self.messages.lock().unwrap();
        let (_, found) = messages.iter().filter(|(of, _)| *of == queue).nth(offset)?;
        Some(RemotingCommand::response(ResponseCode::SUCCESS).with_body(found.clone()))
    }

    fn pull(&self, request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
        let fields = request.ext_fields();
        let queue = fields.get("queue").unwrap_or_default().parse()?;
        let offset = fields.get("offset").unwrap_or("0").parse()?;
        let (store, held) = (self.clone(), Arc::<()>::clone(&self.held));
        self.polls.answer_or_park(
            queue,
            request,
            self.wait,
            move |_| {
                _ = &held;
                Ok(store.find(queue, offset))
            },
            |request, why| {
                let text = format!("{why:?} {}", request.opaque());
                RemotingCommand::response(ResponseCode::PULL_NOT_FOUND).with_remark(text)
            },
        )
    }

    fn handle(&self, request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
        let channel = request.channel().expect("received");
        match request.code() {
            PULL => return self.pull(request),
            DRAIN => channel.drain(),
            CLOSE => channel.close_with(CloseReason::Requested("a test".into())),
            _ => {
                let queue = request.ext_fields().get("queue").unwrap_or_default().parse()?;
                self.put(queue, &String::from_utf8_lossy(request.body()));
            }
        }
        Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS)))
    }

    fn server(&self) -> Server<impl rocketmq_tower::Processor + Clone + Sync> {
        let store = self.clone();
        Server::new(service_fn(move |request| std::future::ready(store.handle(request))))
    }

    /// Starts a server, and returns this number of peers.
    fn serve(&self, peers: usize) -> Vec<Raw<DuplexStream>> {
        let (listener, peers) = Scripted::new(peers, false);
        tokio::spawn(self.server().listen(listener).serve());
        peers
    }

    async fn parked(&self, count: usize) {
        until(|| self.polls.parked() == count).await;
    }

    /// Waits until nothing of any request is kept.
    async fn forgotten(&self) {
        until(|| Arc::<()>::strong_count(&self.held) == 1).await;
        assert_eq!((self.polls.parked(), self.polls.bytes()), (0, 0));
    }
}

fn pull(queue: char, offset: usize, opaque: i32) -> RemotingCommand {
    let request = request(PULL, opaque).with_ext_field("queue", &queue.to_string());
    request.with_ext_field("offset", &offset.to_string())
}

fn put(queue: char, message: &str) -> RemotingCommand {
    let request = request(PUT, 99).with_ext_field("queue", &queue.to_string());
    request.with_body(message.to_owned())
}

fn ended(response: &RemotingCommand, why: PollEnd) {
    assert_eq!(response.response_code(), ResponseCode::PULL_NOT_FOUND);
    assert_eq!(response.remark(), Some(format!("{why:?} {}", response.opaque()).as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_request_with_an_answer_is_not_parked() {
    let store = Store::new(LongPolls::new());
    let mut peers = store.serve(1);
    store.put('a', "old");
    let response = soon(peers[0].call(&pull('a', 0, 5))).await;
    assert_eq!((response.opaque(), &response.body()[..]), (5, &b"old"[..]));
    store.forgotten().await;
}

#[tokio::test(start_paused = true)]
async fn a_wake_lets_all_requests_of_its_key_try_again() {
    let store = Store::new(LongPolls::new());
    let mut peers = store.serve(2);
    peers[0].send(&pull('a', 0, 1)).await;
    peers[0].send(&pull('b', 0, 2)).await;
    peers[0].send(&pull('a', 1, 3)).await;
    peers[1].send(&pull('a', 0, 4)).await;
    store.parked(4).await;
    assert_eq!(store.polls.wake(&'c'), 0);
    assert_eq!(store.attempts.load(Ordering::Relaxed), 4);

    store.put('a', "first");
    let response = soon(peers[0].receive()).await;
    assert_eq!((response.opaque(), &response.body()[..]), (1, &b"first"[..]));
    let response = soon(peers[1].receive()).await;
    assert_eq!((response.opaque(), &response.body()[..]), (4, &b"first"[..]));
    store.parked(2).await;
    assert_eq!(store.attempts.load(Ordering::Relaxed), 7, "queue b was not tried again");

    let answer = soon(peers[1].call(&put('a', "second"))).await;
    assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
    let response = soon(peers[0].receive()).await;
    assert_eq!((response.opaque(), &response.body()[..]), (3, &b"second"[..]));
    store.put('b', "other");
    assert_eq!(soon(peers[0].receive()).await.opaque(), 2);
    store.forgotten().await;
}

#[tokio::test(start_paused = true)]
async fn each_request_ends_at_its_own_deadline() {
    let mut store = Store::new(LongPolls::new());
    let mut late = store.serve(1);
    store.wait = 3 * SECOND;
    let mut early = store.serve(1);
    store.wait = Duration::MAX;
    let mut never = store.serve(1);
    let start = Instant::now();
    late[0].send(&pull('a', 0, 1)).await;
    store.parked(1).await;
    // An earlier deadline than that for which the timer waits.
    early[0].send(&pull('a', 0, 2)).await;
    never[0].send(&pull('b', 0, 3)).await;
    store.parked(3).await;
    ended(&early[0].receive().await, PollEnd::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 3);
    ended(&late[0].receive().await, PollEnd::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 10);
    // The timer has ended, and starts again.
    early[0].send(&pull('a', 0, 4)).await;
    ended(&early[0].receive().await, PollEnd::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 13);
    assert_eq!(store.polls.parked(), 1);
    store.put('b', "at last");
    assert_eq!(soon(never[0].receive()).await.opaque(), 3);
}

#[tokio::test(start_paused = true)]
async fn without_time_a_request_ends_at_once() {
    let mut store = Store::new(LongPolls::new());
    store.wait = Duration::ZERO;
    let mut peers = store.serve(1);
    ended(&soon(peers[0].call(&pull('a', 0, 1))).await, PollEnd::TimedOut);
    store.forgotten().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_drains_gets_its_last_responses_at_once() {
    let store = Store::new(LongPolls::new());
    let mut peers = store.serve(2);
    peers[0].send(&pull('a', 0, 1)).await;
    peers[0].send(&pull('b', 0, 2)).await;
    peers[1].send(&pull('a', 0, 3)).await;
    store.parked(3).await;
    let start = Instant::now();
    peers[0].send(&request(DRAIN, 4)).await;
    let mut opaques = Vec::new();
    for _ in 0..3 {
        let response = soon(peers[0].receive()).await;
        opaques.push(response.opaque());
        if response.opaque() != 4 {
            ended(&response, PollEnd::Draining);
        }
    }
    opaques.sort_unstable();
    assert_eq!(opaques, [1, 2, 4]);
    assert!(start.elapsed() < SECOND);
    assert!(soon(peers[0].next()).await.is_none(), "closed");
    store.parked(1).await;
    store.put('a', "for the other connection");
    assert_eq!(soon(peers[1].receive()).await.opaque(), 3);
    store.forgotten().await;
}

#[tokio::test(start_paused = true)]
async fn the_requests_of_a_closed_connection_are_removed() {
    let store = Store::new(LongPolls::new());
    let mut peers = store.serve(3);
    for peer in &mut peers {
        peer.send(&pull('a', 0, 1)).await;
        peer.send(&pull('b', 0, 2)).await;
    }
    store.parked(6).await;
    let start = Instant::now();
    drop(peers.remove(0));
    store.parked(4).await;
    peers[0].send(&request(CLOSE, 3)).await;
    store.parked(2).await;
    assert!(start.elapsed() < SECOND);
    let before = store.attempts.load(Ordering::Relaxed);
    store.put('a', "news");
    assert_eq!(soon(peers[1].receive()).await.opaque(), 1);
    assert_eq!(store.attempts.load(Ordering::Relaxed), before + 1);
    drop(peers);
    store.forgotten().await;
}

#[tokio::test(start_paused = true)]
async fn a_shut_down_table_parks_nothing() {
    let store = Store::new(LongPolls::new());
    let mut peers = store.serve(1);
    peers[0].send(&pull('a', 0, 1)).await;
    store.parked(1).await;
    store.polls.clone().shutdown();
    ended(&soon(peers[0].receive()).await, PollEnd::ShutDown);
    ended(&soon(peers[0].call(&pull('a', 0, 2))).await, PollEnd::ShutDown);
    store.put('a', "news");
    assert_eq!(&soon(peers[0].call(&pull('a', 0, 3))).await.body()[..], b"news");
    store.forgotten().await;
}

fn busy(response: &RemotingCommand) {
    assert_eq!(response.response_code(), ResponseCode::SYSTEM_BUSY);
    assert_eq!(response.remark(), Some(remark::OVERLOAD));
}

#[tokio::test(start_paused = true)]
async fn the_number_of_parked_requests_is_bounded() {
    let store = Store::new(LongPolls::new().max_parked(2));
    let mut peers = store.serve(1);
    peers[0].send(&pull('a', 0, 1)).await;
    peers[0].send(&pull('b', 0, 2)).await;
    busy(&soon(peers[0].call(&pull('a', 0, 3))).await);
    store.put('b', "news");
    assert_eq!(soon(peers[0].receive()).await.opaque(), 2);
    peers[0].send(&pull('a', 0, 4)).await;
    store.parked(2).await;
    drop(peers);
    store.forgotten().await;
}

#[tokio::test(start_paused = true)]
async fn the_bytes_of_parked_requests_are_bounded() {
    let store = Store::new(LongPolls::new().max_bytes(1024 + 7 + 5000 + 1023));
    let mut peers = store.serve(1);
    let long = request(PULL, 1).with_ext_field("queue", "a").with_body(vec![0; 5000]);
    peers[0].send(&long).await;
    store.parked(1).await;
    assert_eq!(store.polls.bytes(), 1024 + 6 + 5000);
    busy(&soon(peers[0].call(&request(PULL, 2).with_ext_field("queue", "a"))).await);
    assert_eq!(store.polls.parked(), 1, "the refused request gave its share back");
    store.put('a', "news");
    assert_eq!(soon(peers[0].receive()).await.opaque(), 1);
    assert_eq!(store.polls.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_answer_the_requests_of_a_key() {
    let store = Store::new(LongPolls::new());
    let mut peers = store.serve(1);
    for opaque in [1, 2, 3] {
        peers[0].send(&pull('a', 0, opaque)).await;
    }
    store.parked(3).await;
    let answered = store.polls.answer(&'a', |request| {
        let odd = request.opaque() % 2 == 1;
        odd.then(|| RemotingCommand::response(ResponseCode::SUCCESS).with_body("odd"))
    });
    assert_eq!((answered, store.polls.parked()), (2, 1));
    assert_eq!(soon(peers[0].receive()).await.opaque(), 1);
    assert_eq!(soon(peers[0].receive()).await.opaque(), 3);
    let response = peers[0].receive().await;
    assert_eq!(response.opaque(), 2);
    ended(&response, PollEnd::TimedOut);
}

/// A wake that comes after the attempt has found nothing, and before the request is parked.
#[tokio::test(start_paused = true)]
async fn a_wake_between_attempt_and_parking_is_not_lost() {
    let polls = LongPolls::<u8>::new();
    let table = polls.clone();
    let server = Server::new(service_fn(move |request: RemotingCommand| {
        let (waker, mut attempts) = (table.clone(), 0);
        let attempt = move |_: &RemotingCommand| {
            attempts += 1;
            assert_eq!(waker.wake(&7), 0);
            let answer = RemotingCommand::response(ResponseCode::SUCCESS);
            Ok((attempts == 3).then_some(answer))
        };
        let end = |_: &RemotingCommand, _| RemotingCommand::response(ResponseCode::PULL_NOT_FOUND);
        std::future::ready(table.answer_or_park(7, request, 10 * SECOND, attempt, end))
    }));
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(server.listen(listener).serve());
    let response = soon(peers[0].call(&request(1, 1))).await;
    assert_eq!(response.response_code(), ResponseCode::SUCCESS);
    assert_eq!(polls.parked(), 0);
}

/// Errors and panics of later attempts are answered like those of a processor.
#[tokio::test(start_paused = true)]
async fn attempts_that_fail_are_answered() {
    let polls = LongPolls::<u8>::new();
    let table = polls.clone();
    let server = Server::new(service_fn(move |request: RemotingCommand| {
        let (code, mut first) = (request.code(), true);
        let attempt = move |_: &RemotingCommand| match (std::mem::take(&mut first), code) {
            (true, _) => Ok(None),
            (_, 1) => Err(BoxError::from("the store failed")),
            _ => panic!("a bug"),
        };
        let end = |_: &RemotingCommand, _| RemotingCommand::response(ResponseCode::PULL_NOT_FOUND);
        std::future::ready(table.answer_or_park(7, request, 10 * SECOND, attempt, end))
    }));
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(server.listen(listener).serve());
    peers[0].send(&request(1, 1)).await;
    peers[0].send(&request(2, 2)).await;
    until(|| polls.parked() == 2).await;
    assert_eq!(polls.wake(&7), 2);
    for remark in ["the store failed", "a bug"] {
        let response = soon(peers[0].receive()).await;
        assert_eq!(response.response_code(), ResponseCode::SYSTEM_ERROR);
        assert_eq!(response.remark(), Some(remark));
    }
}

/// Messages arrive while pulls are parked, on two threads and over sockets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wake_is_lost_under_load() {
    const MESSAGES: usize = 2000;
    let mut store = Store::new(LongPolls::new());
    store.wait = 3600 * SECOND;
    let server = run(store.server().bind("127.0.0.1:0").await.unwrap());
    let pulls = ['a', 'b', 'a', 'b'].map(|queue| {
        let addr = server.addr;
        tokio::spawn(async move {
            let mut peer = Raw::connect(addr).await;
            for offset in 0..MESSAGES {
                let response = soon(peer.call(&pull(queue, offset, 1))).await;
                assert_eq!(response.body(), &offset.to_string());
            }
        })
    });
    let producer = tokio::spawn(async move {
        let mut peer = Raw::connect(server.addr).await;
        for number in 0..MESSAGES {
            for queue in ['a', 'b'] {
                peer.call(&put(queue, &number.to_string())).await;
            }
        }
        (server, store)
    });
    for pulls in pulls {
        pulls.await.expect("all messages");
    }
    let (server, store) = producer.await.expect("all sent");
    store.parked(0).await;
    assert_eq!(store.polls.bytes(), 0);
    server.stop().await;
}
