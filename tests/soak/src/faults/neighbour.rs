//! A well-behaved client that measures the latency of its calls during a fault.

use super::ECHO;
use super::target::Target;
use rocketmq_tower::BoxError;
use rocketmq_tower_test_support::{Raw, request};
use std::fmt;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

pub(crate) struct Neighbour {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Waited, BoxError>>,
}

/// The longest latency, and the number of calls.
pub(crate) struct Waited {
    longest: Duration,
    calls: usize,
}

impl Neighbour {
    /// Starts a neighbour that has been served once.
    pub(crate) async fn start(target: &Target) -> Result<Self, BoxError> {
        let mut peer = Raw::try_connect(target.addr).await?;
        ask(&mut peer).await?;
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut waited = Waited { longest: Duration::ZERO, calls: 0 };
            while stopped.try_recv().is_err() {
                let started = Instant::now();
                ask(&mut peer).await?;
                waited.longest = waited.longest.max(started.elapsed());
                waited.calls += 1;
                sleep(Duration::from_millis(10)).await;
            }
            Ok(waited)
        });
        Ok(Self { stop, task })
    }

    pub(crate) async fn end(self) -> String {
        _ = self.stop.send(());
        match self.task.await {
            Ok(Ok(waited)) => waited.to_string(),
            Ok(Err(error)) => format!("NEIGHBOUR FAILED: {error}"),
            Err(error) => format!("NEIGHBOUR FAILED: {error}"),
        }
    }
}

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "neighbour: at most {:.0?} in {} calls", self.longest, self.calls)
    }
}

/// Makes one call, which must be answered within ten seconds.
pub(crate) async fn ask(peer: &mut Raw) -> Result<(), BoxError> {
    let body = vec![7; 100];
    peer.try_send(&request(ECHO, 5).with_body(body.clone())).await?;
    let answer = timeout(Duration::from_secs(10), peer.try_next()).await;
    let answer = answer.map_err(|_| "no response in 10 s")??.ok_or("closed")?;
    if answer.opaque() == 5 && *answer.body() == body { Ok(()) } else { Err("wrong answer".into()) }
}
