//! A raw peer that sends one request after the other without waiting for the answers.

use crate::{Raw, Tally, request};
use rocketmq_tower_core::{MqVersion, ResponseCode};
use std::collections::HashSet;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

/// A raw peer that pipelines requests over one connection, and counts what becomes of each.
///
/// It goes on until it has sent all of them, until a response says `GO_AWAY`, or until the
/// connection ends. In the first two cases it waits for the answers that are due, and closes.
#[derive(Clone, Debug)]
pub struct Requester {
    /// The code of the requests.
    pub code: i32,
    /// The version that the peer claims to be.
    pub version: MqVersion,
    /// The time between two requests, at least 1 ms.
    pub pace: Duration,
    /// After this number of requests, the peer sends nothing for [`pause`](Self::pause).
    pub burst: u64,
    /// How long the peer is silent between bursts.
    pub pause: Duration,
    /// The maximum number of requests that wait for answers.
    pub window: usize,
}

impl Requester {
    /// Creates a peer that sends a request every millisecond.
    #[must_use]
    pub const fn new(code: i32, version: MqVersion) -> Self {
        let pace = Duration::from_millis(1);
        Self { code, version, pace, burst: u64::MAX, pause: Duration::ZERO, window: 256 }
    }

    /// Sends at most `calls` requests over `io`, with opaques from 0.
    ///
    /// # Panics
    /// If a frame is malformed, or answers a request that was not sent.
    pub async fn run(&self, io: impl AsyncRead + AsyncWrite + Unpin, calls: u64) -> Tally {
        let mut raw = Raw::new(io);
        let mut waiting = HashSet::new();
        let mut tally = Tally::default();
        let (mut sent, mut leaves) = (0, calls == 0);
        let mut pace = ticks(self.pace);
        let mut silent_until = Instant::now();
        while !(leaves && waiting.is_empty()) {
            let turn = async {
                sleep_until(silent_until).await;
                pace.tick().await;
            };
            tokio::select! {
                biased;
                answer = raw.try_next() => match answer {
                    Ok(Some(answer)) => {
                        assert!(waiting.remove(&answer.opaque()), "nobody asked: {answer:?}");
                        if answer.response_code() == ResponseCode::GO_AWAY {
                            leaves = true;
                            tally.unprocessed += 1;
                        } else {
                            tally.answered += 1;
                        }
                    }
                    end => {
                        tally.lose(waiting.len() as u64, format_args!("the connection ended: {end:?}"));
                        break;
                    }
                },
                () = turn, if !leaves && waiting.len() < self.window => {
                    let command = request(self.code, sent as i32).with_version(self.version);
                    // A request that could not be written completely was not processed.
                    if raw.try_send(&command).await.is_err() {
                        leaves = true;
                        tally.unprocessed += 1;
                        continue;
                    }
                    waiting.insert(sent as i32);
                    sent += 1;
                    leaves = sent == calls;
                    if sent % self.burst == 0 {
                        silent_until = Instant::now() + self.pause;
                    }
                }
            }
        }
        tally
    }
}

fn ticks(pace: Duration) -> Interval {
    let mut ticks = interval(pace);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
