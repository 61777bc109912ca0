//! The callers: this library's client, and raw peers.

use super::site::{CODE, Path, Site};
use rocketmq_tower::client::{Client, Connector, InvokeError};
use rocketmq_tower::{MqVersion, RemotingCommand};
use rocketmq_tower_test_support::{Requester, Tally};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// The timeout of a call, longer than a test lasts.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The number of callers that share the client.
const CALLERS: u64 = 64;
/// The same if they are silent from time to time.
const IDLE_CALLERS: u64 = 8;
/// The number of raw peers.
const PEERS: u64 = 4;

/// The kind of the peers that call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// This library's client.
    Client,
    /// Raw peers that pipeline and claim this version.
    Raw(MqVersion),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("client"),
            Self::Raw(version) if version.knows_go_away() => f.write_str("raw peer"),
            Self::Raw(_) => f.write_str("old raw peer"),
        }
    }
}

/// The load of one case.
#[derive(Clone)]
pub(crate) struct Load {
    site: Site,
    delay: Duration,
    /// The number of calls that may still be made.
    left: Arc<AtomicU64>,
    /// The callers are silent for about this long between bursts.
    idle: Option<Duration>,
}

impl Load {
    pub(crate) fn new(site: &Site, delay: Duration, calls: u64) -> Self {
        Self { site: site.clone(), delay, left: Arc::new(AtomicU64::new(calls)), idle: None }
    }

    /// Makes the callers be silent from time to time, for about as long as this.
    pub(crate) fn idle(self, idle: Duration) -> Self {
        Self { idle: Some(idle), ..self }
    }

    /// Whether no calls are left to be made.
    pub(crate) fn is_over(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Takes up to `calls` from those that are left.
    fn take(&self, calls: u64) -> u64 {
        let take = |left: u64| Some(left - left.min(calls));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        before.unwrap_or_else(|left| left).min(calls)
    }

    /// Makes all calls.
    pub(crate) async fn run(self, peer: Peer) -> Tally {
        let mut tasks = JoinSet::new();
        match peer {
            Peer::Client => {
                let path = Path { site: self.site.clone(), delay: self.delay };
                let connector = Connector::new().transport(path);
                let client = Client::builder().connector(connector).build();
                let callers = if self.idle.is_some() { IDLE_CALLERS } else { CALLERS };
                for caller in 0..callers {
                    tasks.spawn(self.clone().call(client.clone(), caller));
                }
            }
            Peer::Raw(version) => {
                for number in 0..PEERS {
                    tasks.spawn(self.clone().pipeline(version, number));
                }
            }
        }
        let mut tally = Tally::default();
        while let Some(done) = tasks.join_next().await {
            match done {
                Ok(part) => tally += part,
                Err(error) => tally.lose(1, format_args!("a caller failed: {error}")),
            }
        }
        tally
    }

    /// Calls through the client, one call after the other.
    async fn call(self, client: Client, caller: u64) -> Tally {
        let mut tally = Tally::default();
        let mut turn = Instant::now();
        for number in 0.. {
            if self.take(1) == 0 {
                break;
            }
            let result = client.invoke("server", RemotingCommand::request(CODE), TIMEOUT).await;
            match result {
                Ok(_) => tally.answered += 1,
                Err(error) if error.is_unprocessed() => {
                    tally.unprocessed += 1;
                    tally.first.get_or_insert_with(|| error.to_string());
                    if matches!(error, InvokeError::Connect { .. }) {
                        // Nobody is there any more.
                        break;
                    }
                }
                Err(error) => {
                    let source = std::error::Error::source(&error).map(ToString::to_string);
                    tally.lose(1, format_args!("{error}: {}", source.unwrap_or_default()));
                }
            }
            match self.idle {
                // All callers are silent at the same time, so that their connection is idle.
                Some(idle) => {
                    turn += near(idle, number);
                    sleep_until(turn).await;
                }
                None => sleep(Duration::from_millis((caller + number) * 13 % 40)).await,
            }
        }
        tally
    }

    /// Pipelines requests over one connection after the other.
    async fn pipeline(self, version: MqVersion, number: u64) -> Tally {
        let mut requester = Requester::new(CODE, version);
        let mut tally = Tally::default();
        for turn in number.. {
            if let Some(idle) = self.idle {
                (requester.burst, requester.pause) = (4, near(idle, turn));
            }
            // A share, so that a peer that is about to leave keeps no calls from others.
            let share = self.take(if self.idle.is_some() { 20 } else { 250 });
            if share == 0 {
                break;
            }
            let Ok(io) = self.site.dial(self.delay).await else {
                self.left.fetch_add(share, Ordering::Relaxed);
                break;
            };
            let part = requester.run(io, share).await;
            self.left.fetch_add(share - part.calls().min(share), Ordering::Relaxed);
            tally += part;
        }
        tally
    }
}

/// Returns a time near `idle`: between half and one and a half of it.
fn near(idle: Duration, number: u64) -> Duration {
    idle / 2 + idle * (number * 7 % 32) as u32 / 32
}
