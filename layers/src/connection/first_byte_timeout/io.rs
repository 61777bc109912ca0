use crate::support::inner::inner_io;
use crate::support::writes::forward_writes;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, CloseReason};
use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

pin_project! {
    /// Byte stream of a connection whose first byte must arrive in time.
    pub struct HandshakeIo<Io> {
        #[pin]
        inner: Io,
        // `None` once the first byte has arrived or the time has elapsed.
        silence: Option<Silence>,
    }
}

/// A peer that has sent nothing yet.
struct Silence {
    channel: Channel,
    since: Instant,
    limit: Duration,
    /// Created when the first read is pending.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    /// Ready once the limit has elapsed. The connection is then closed for this reason, whatever
    /// the reader makes of the error.
    fn poll_too_long(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let timer = self.timer.get_or_insert_with(|| {
            Box::pin(sleep(self.limit.saturating_sub(self.since.elapsed())))
        });
        timer.as_mut().poll(cx).map(|()| {
            let why = format!("its peer sent nothing for {:?}", self.limit);
            self.channel.close_with(CloseReason::Refused(why.clone().into()));
            Error::new(ErrorKind::TimedOut, why)
        })
    }
}

impl<Io> HandshakeIo<Io> {
    pub(super) fn new(inner: Io, channel: Channel, limit: Duration) -> Self {
        let silence = Silence { channel, since: Instant::now(), limit, timer: None };
        Self { inner, silence: Some(silence) }
    }

    inner_io!("Returns the inner byte stream, without the timeout.");
}

impl<Io: AsyncRead> AsyncRead for HandshakeIo<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.project();
        let read = this.inner.poll_read(cx, buffer);
        let Some(silence) = this.silence else { return read };
        if read.is_pending() {
            let Poll::Ready(error) = silence.poll_too_long(cx) else { return Poll::Pending };
            *this.silence = None;
            return Poll::Ready(Err(error));
        }
        // End of stream or an error ends the wait too: the reader handles it.
        *this.silence = None;
        read
    }
}

forward_writes!(HandshakeIo);

impl<Io: fmt::Debug> fmt::Debug for HandshakeIo<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeIo")
            .field("inner", &self.inner)
            .field("silent", &self.silence.is_some())
            .finish()
    }
}
