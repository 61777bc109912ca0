//! Several brokers in one process, and what is left of them: nothing. This is a test binary of its
//! own with a single test, so that all tasks, threads and open files of the process are its own.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "support/mod.rs"]
#[allow(dead_code, reason = "tests/end_to_end uses all of it")]
mod support;

use rocketmq_tower_broker::{Broker, BrokerBuilder};
use std::fs;
use std::time::Duration;
use support::folder::Folder;
use support::peer::{Peer, bodies};
use support::requests::Pull;
use support::running::Running;
use support::soon;
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_test::{assert_pending, task};

/// The tasks, files and threads that the process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    tasks: usize,
    files: usize,
    /// The threads of logs and of stores.
    threads: usize,
}

impl Held {
    fn now() -> Self {
        let threads = fs::read_dir("/proc/self/task").unwrap().filter(|thread| {
            let name = fs::read_to_string(thread.as_ref().unwrap().path().join("comm"));
            name.is_ok_and(|name| name.starts_with("rocketmq-log") || name.starts_with("fjall"))
        });
        Self {
            tasks: Handle::current().metrics().num_alive_tasks(),
            files: fs::read_dir("/proc/self/fd").unwrap().count(),
            threads: threads.count(),
        }
    }

    /// Waits until no more is held than this: tasks that were aborted end a moment later.
    async fn is_held_again(self) {
        let again = async {
            while Self::now() != self {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let again = tokio::time::timeout(Duration::from_secs(10), again).await;
        assert!(again.is_ok(), "{:?} is held, and was {self:?} before", Self::now());
    }
}

/// A broker with all that it can serve.
fn builder() -> BrokerBuilder {
    let builder = Broker::builder();
    #[cfg(feature = "metrics-exporter")]
    let builder = builder.metrics("127.0.0.1:0");
    builder
}

/// Sends a message, and pulls it back.
async fn is_served(running: &Running, topic: &str) -> Peer {
    let client = running.client().await;
    let sent = client.send(topic, 0, "message").await;
    let pulled = client.pull(&Pull::new(topic, 0).at(sent.queue_offset)).await;
    assert_eq!(bodies(&pulled), ["message"]);
    client
}

/// Starts two brokers, each with at least this number of threads, and ends them one after the other by
/// `end`.
async fn two<E: Future<Output = ()>>(
    builders: [BrokerBuilder; 2],
    threads: usize,
    end: impl Fn(Running) -> E,
) {
    let before = Held::now();
    let [one, two] = builders;
    let (one, two) = (Running::start(one).await, Running::start(two).await);
    assert_ne!(one.names, two.names);
    let during = Held::now();
    assert!(during.tasks >= before.tasks + 2, "{during:?}");
    assert!(during.files >= before.files + 4, "{during:?}");
    assert!(during.threads >= before.threads + 2 * threads, "{during:?}");
    let (client_of_one, client_of_two) = (is_served(&one, "T").await, is_served(&two, "T").await);
    // A pending pull takes a task.
    let last = client_of_one.max("T", 0).await;
    let pull = Pull::new("T", 0).at(last).waits(30_000);
    let mut pending = task::spawn(client_of_one.pull(&pull));
    assert_pending!(pending.poll());
    client_of_one.max("T", 0).await;

    end(one).await;
    drop(pending);
    soon(client_of_one.channel.closed()).await;
    // The other one goes on, also for new clients.
    client_of_two.send("T", 0, "after the end of the other").await;
    drop(is_served(&two, "U").await);
    end(two).await;
    drop((client_of_one, client_of_two));
    before.is_held_again().await;
}

/// Starts and ends a hundred brokers of tests.
#[cfg(feature = "testing")]
async fn test_brokers() {
    use rocketmq_tower::message::Message;
    use rocketmq_tower_broker::testing::TestBroker;

    let before = Held::now();
    let mut some = Vec::new();
    for n in 0..100 {
        let broker = soon(TestBroker::start()).await.unwrap();
        broker.send(Message::new("T", "x")).await.unwrap();
        some.push(broker);
        // Ten at a time; some are shut down, and some are dropped.
        if some.len() == 10 {
            let oldest = some.remove(0);
            if n % 2 == 0 {
                soon(oldest.shutdown()).await.unwrap();
            }
        }
    }
    drop(some);
    before.is_held_again().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_in_one_process_end_independently_and_leave_nothing() {
    let folders = [Folder::new(), Folder::new()];
    let in_memory = || [builder(), builder()];
    let on_disk = || folders.each_ref().map(|folder| builder().data_dir(folder.path()));
    let shutdown = |running: Running| running.end();
    let dropped = |running: Running| async { drop(running) };
    two(in_memory(), 0, shutdown).await;
    two(in_memory(), 0, dropped).await;
    two(on_disk(), 1, shutdown).await;
    two(on_disk(), 1, dropped).await;
    #[cfg(feature = "testing")]
    test_brokers().await;
}
