//! The end of a connection whose time is over.

use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, CloseReason};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// How long a drain may take, by default: as long as a server's graceful shutdown.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

pin_project! {
    /// Drains a connection after a time, and closes it if it is still open after the grace.
    ///
    /// There is one timer for each connection.
    #[derive(Debug)]
    pub(crate) struct Ending {
        #[pin]
        timer: Sleep,
        stage: Stage,
        channel: Channel,
        reason: CloseReason,
        grace: Duration,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Draining,
    Over,
}

impl Ending {
    /// Waits for `after` before the drain, which may take `grace`.
    pub(crate) fn new(
        channel: Channel,
        reason: CloseReason,
        after: Duration,
        grace: Duration,
    ) -> Self {
        Self { timer: sleep(after), stage: Stage::Waiting, channel, reason, grace }
    }

    /// Closes the connection when it is first polled, without a drain.
    pub(crate) fn at_once(channel: Channel, reason: CloseReason) -> Self {
        let waiting = Self::new(channel, reason, Duration::ZERO, Duration::ZERO);
        Self { stage: Stage::Draining, ..waiting }
    }

    /// Must be polled in the task of the connection, after the connection. When the time before the
    /// drain is over, `postpone` returns until when to wait further; a time that has passed begins
    /// the drain, as `None` does.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        postpone: impl Fn(&Channel) -> Option<Instant>,
    ) {
        let mut this = self.project();
        while *this.stage != Stage::Over {
            let Poll::Ready(()) = this.timer.as_mut().poll(cx) else { return };
            let now = Instant::now();
            if *this.stage == Stage::Draining {
                *this.stage = Stage::Over;
                this.channel.close_with(this.reason.clone());
            } else if let Some(due) = postpone(this.channel).filter(|due| *due > now) {
                this.timer.as_mut().reset(due);
            } else {
                // Wakes the driver, which runs in this same task.
                this.channel.drain_with(this.reason.clone());
                *this.stage = match now.checked_add(*this.grace) {
                    Some(end) => {
                        this.timer.as_mut().reset(end);
                        Stage::Draining
                    }
                    // A grace that never ends.
                    None => Stage::Over,
                };
            }
        }
    }
}
