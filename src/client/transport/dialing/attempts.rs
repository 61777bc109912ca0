//! Attempts to connect that run at the same time.

use crate::client::ConnectError;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// The maximum number of attempts at a time.
const MAX_ATTEMPTS: usize = 8;

/// How fast a dial goes on.
#[derive(Clone, Copy, Debug)]
pub(in crate::client::transport) struct Pace {
    /// The time between the beginnings of two attempts, unless one fails.
    pub(in crate::client::transport) attempt_delay: Duration,
    /// The maximum time of one attempt.
    pub(in crate::client::transport) connect_timeout: Duration,
    /// When the dial ends.
    pub(in crate::client::transport) end: Option<Instant>,
}

impl Pace {
    /// Returns the time of an attempt that begins now, the first of this number of addresses that
    /// are left.
    fn limit(&self, now: Instant, addrs: usize) -> Duration {
        let share = self.left(now).map(|left| left / addrs.div_ceil(MAX_ATTEMPTS) as u32);
        share.map_or(self.connect_timeout, |share| share.min(self.connect_timeout))
    }

    /// Returns when the next attempt begins, if one begins now and this number of addresses are
    /// left. Half of the time at most is spent before the last one begins.
    fn next(&self, now: Instant, addrs: usize) -> Instant {
        let longest = self.left(now).map(|left| left / 2 / addrs.max(1) as u32);
        let delay = longest.map_or(self.attempt_delay, |longest| longest.min(self.attempt_delay));
        after(now, delay)
    }

    fn left(&self, now: Instant) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(now))
    }
}

/// Connects to the addresses in this order. A further attempt begins when the delay has passed or an
/// attempt has failed. Returns the first success, and drops the other attempts; or all failures, in
/// the order in which they happened.
pub(in crate::client::transport) async fn first_of<T, F>(
    addrs: &[SocketAddr],
    pace: Pace,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, Vec<ConnectError>>
where
    F: Future<Output = io::Result<T>>,
{
    let (mut waiting, mut attempts, mut failures) = (addrs, Vec::new(), Vec::new());
    let mut next = Instant::now();
    loop {
        let may_begin = !waiting.is_empty() && attempts.len() < MAX_ATTEMPTS;
        let now = Instant::now();
        if may_begin && next <= now {
            if let [addr, rest @ ..] = waiting {
                let limit = pace.limit(now, waiting.len());
                attempts.push(Box::pin(attempt(*addr, now, limit, connect(*addr))));
                (waiting, next) = (rest, pace.next(now, rest.len()));
            }
        } else if attempts.is_empty() {
            return Err(failures);
        } else {
            tokio::select! {
                biased;
                ended = first_ended(&mut attempts) => match ended {
                    Ok(connected) => return Ok(connected),
                    Err(failure) => {
                        tracing::debug!(error = %failure, "an address can't be reached");
                        failures.push(failure);
                        next = now;
                    }
                },
                () = sleep_until(next), if may_begin => {}
            }
        }
    }
}

/// Runs one attempt, which begins `now`.
async fn attempt<T>(
    addr: SocketAddr,
    now: Instant,
    limit: Duration,
    connecting: impl Future<Output = io::Result<T>>,
) -> Result<T, ConnectError> {
    match timeout_at(after(now, limit), connecting).await {
        Ok(Ok(connected)) => Ok(connected),
        Ok(Err(source)) => Err(ConnectError::Io { addr, source }),
        Err(_) => Err(ConnectError::Timeout { addr, limit }),
    }
}

/// Waits until one of the futures resolves, and removes it.
async fn first_ended<F: Future>(futures: &mut Vec<Pin<Box<F>>>) -> F::Output {
    poll_fn(|cx| {
        for place in 0..futures.len() {
            if let Poll::Ready(output) = futures[place].as_mut().poll(cx) {
                drop(futures.remove(place));
                return Poll::Ready(output);
            }
        }
        Poll::Pending
    })
    .await
}

/// Returns the time after this duration. If it is too long for the clock, a time in a hundred years.
fn after(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or(now + Duration::from_secs(1 << 32))
}
