//! `events`: delivery to a listener.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection, driver};
use rocketmq_tower_core::{Channel, CloseReason, Connection, Disconnect};
use rocketmq_tower_layers::events::{Event, EventListener, Events};
use rocketmq_tower_layers::{EventsLayer, IdleTimeoutLayer};
use rocketmq_tower_test_support::{SECOND, sleeper, soon};
use std::future::{Ready, pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::DuplexStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::util::ServiceFn;
use tower::{Layer, Service, ServiceBuilder, service_fn};

type Conn = Connection<DuplexStream>;
type Log = Arc<Mutex<Vec<String>>>;

struct Listener {
    log: Log,
    done: mpsc::UnboundedSender<()>,
}

impl Listener {
    fn log(&self, line: String) {
        self.log.lock().expect("no panic while it is held").push(line);
    }
}

impl EventListener for Listener {
    fn connected(&mut self, channel: &Channel) {
        self.log(format!("connected {}", channel.peer_addr()));
        panic!("a bug in the listener");
    }

    fn idle(&mut self, _channel: &Channel) {
        self.log("idle".into());
    }

    fn exception(&mut self, _channel: &Channel, reason: &CloseReason) {
        self.log(format!("exception: {reason}"));
    }

    fn disconnected(&mut self, _channel: &Channel, reason: &CloseReason) {
        self.log(format!("disconnected: {reason}"));
        self.done.send(()).expect("the test waits");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_is_called_in_a_task_of_its_own_and_survives_its_panics() {
    let log = Log::default();
    let (done, mut ended) = mpsc::unbounded_channel();
    let listener: Box<dyn EventListener> = Box::new(Listener { log: Arc::clone(&log), done });
    let mut service = ServiceBuilder::new()
        .layer(EventsLayer::new(listener))
        .layer(IdleTimeoutLayer::new(5 * SECOND))
        .service(driver(service_fn(sleeper)));
    let (_peer, conn) = connection();
    service.call(conn).await.expect("infallible");
    soon(ended.recv()).await.expect("told");
    let expected = ["connected 127.0.0.1:5000", "idle", "disconnected: the connection was idle"];
    assert_eq!(*log.lock().expect("not held"), expected);
}

/// A layer whose listener logs the names of events.
fn logging() -> (EventsLayer, Log) {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let layer = EventsLayer::from_fn(move |event| {
        seen.lock().expect("not poisoned").push(event.name().into());
    });
    (layer, log)
}

fn names(log: &Log) -> Vec<String> {
    log.lock().expect("not poisoned").clone()
}

/// A service whose connections end at once.
type Brief = Events<ServiceFn<fn(Conn) -> Ready<Result<Disconnect, CloseReason>>>>;

fn brief(layer: &EventsLayer) -> Brief {
    layer.layer(service_fn(|_conn| ready(Ok(Disconnect::new(CloseReason::PeerClosed)))))
}

/// Runs a connection to its end without yielding to any other task.
fn come_and_go(layer: &EventsLayer) {
    let mut life = task::spawn(brief(layer).call(connection().1));
    assert_ready_ok!(life.poll());
}

const ONE: [&str; 3] = ["CONNECTED", "EXCEPTION", "DISCONNECTED"];

#[tokio::test]
async fn flush_waits_until_the_listener_was_told_what_was_sent_before() {
    let (layer, log) = logging();
    for _ in 0..100 {
        come_and_go(&layer);
    }
    let mut flush = task::spawn(layer.flush());
    assert_pending!(flush.poll());
    assert!(names(&log).is_empty(), "the listener's task had no chance to run");
    flush.await;
    assert_eq!(names(&log), ONE.repeat(100));
    layer.flush().await;
}

#[tokio::test]
async fn by_default_1024_events_wait() {
    let (layer, _log) = logging();
    for _ in 0..341 {
        come_and_go(&layer);
    }
    let begun = Arc::new(AtomicUsize::new(0));
    let mut lives = [(); 2].map(|()| {
        let begun = Arc::clone(&begun);
        let mut service = layer.layer(service_fn(move |_conn: Conn| {
            let begun = Arc::clone(&begun);
            async move {
                begun.fetch_add(1, Ordering::Relaxed);
                pending::<Result<Disconnect, CloseReason>>().await
            }
        }));
        task::spawn(service.call(connection().1))
    });
    for life in &mut lives {
        assert_pending!(life.poll());
    }
    assert_eq!(begun.load(Ordering::Relaxed), 1, "after three times 341, there is room for one");
}

#[tokio::test]
async fn flush_waits_for_nothing_when_no_task_calls_a_listener() {
    assert_ready!(task::spawn(logging().0.flush()).poll(), "before the first connection");
    let (stream, _events) = EventsLayer::stream(16);
    for layer in [stream, EventsLayer::silent()] {
        come_and_go(&layer);
        assert_ready!(task::spawn(layer.flush()).poll());
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

#[test]
fn flush_ends_when_the_runtime_of_the_listener_does() {
    let (layer, log) = logging();
    let runtime = runtime();
    runtime.block_on(async { come_and_go(&layer) });
    let mut flush = task::spawn(layer.flush());
    assert_pending!(flush.poll());
    drop(runtime);
    assert!(flush.is_woken());
    assert_ready!(flush.poll());
    assert_ready!(task::spawn(layer.flush()).poll(), "nor is a dead task waited for");
    assert!(names(&log).is_empty());
    come_and_go(&layer);
}

#[test]
fn without_a_runtime_the_listener_waits_for_the_next_connection() {
    let (layer, log) = logging();
    come_and_go(&layer);
    assert_ready!(task::spawn(layer.flush()).poll());
    runtime().block_on(async {
        come_and_go(&layer);
        layer.flush().await;
    });
    assert_eq!(names(&log), ONE.repeat(2));
}

#[tokio::test(start_paused = true)]
async fn events_tell_their_reason() {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let layer = EventsLayer::from_fn(move |event: Event| {
        let reason = event.reason().map(ToString::to_string).unwrap_or_default();
        seen.lock().expect("not poisoned").push(format!("{} {reason}", event.name()));
    });
    for reason in [CloseReason::Idle, CloseReason::Flooded] {
        let (_peer, conn) = connection();
        let channel = conn.channel();
        let mut service = layer.layer(driver(service_fn(sleeper)));
        let life = service.call(conn);
        channel.close_with(reason);
        soon(life).await.expect("infallible");
    }
    layer.flush().await;
    let (idle, flooded) = (CloseReason::Idle.to_string(), CloseReason::Flooded.to_string());
    let expected = [
        "CONNECTED ".into(),
        format!("IDLE {idle}"),
        format!("DISCONNECTED {idle}"),
        "CONNECTED ".into(),
        format!("EXCEPTION {flooded}"),
        format!("DISCONNECTED {flooded}"),
    ];
    assert_eq!(names(&log), expected);
}
