//! Detects TLS on a new connection and performs the handshake.

use super::io::MaybeTls;
use super::sniffed::Sniffed;
use super::{HandshakeError, TlsInfo, TlsMode};
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, CloseReason, Connection};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Sleep, sleep};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::{Accept, TlsAcceptor};

/// The first byte of a TLS handshake record.
const HANDSHAKE: u8 = 0x16;

pin_project! {
    /// Checks the first byte, and performs the TLS handshake if the byte starts one, within a time
    /// limit.
    pub(super) struct Handshake<Io> {
        step: Step<Io>,
        config: Arc<ServerConfig>,
        mode: TlsMode,
        channel: Channel,
        drained: Pin<Box<dyn Future<Output = ()> + Send>>,
        limit: Duration,
        #[pin]
        timer: Sleep,
    }
}

enum Step<Io> {
    Sniffing(Connection<Sniffed<Io>>),
    /// The `Connection<()>` waits for its byte stream. Boxed, so that silent peers cost no memory
    /// for it.
    Accepting(Box<Accept<Sniffed<Io>>>, Connection<()>),
    Over,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Handshake<Io> {
    pub(super) fn new(
        connection: Connection<Sniffed<Io>>,
        config: Arc<ServerConfig>,
        mode: TlsMode,
        limit: Duration,
    ) -> Self {
        let channel = connection.channel();
        let handle = channel.clone();
        let drained = Box::pin(async move { handle.draining().await });
        let step = Step::Sniffing(connection);
        Self { step, config, mode, channel, drained, limit, timer: sleep(limit) }
    }

    /// Ready with the connection for the inner service, or the reason why it was closed. Must not
    /// be polled again after that.
    pub(super) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Connection<MaybeTls<Io>>, CloseReason>> {
        let this = self.project();
        let step = this.step;
        let reason = match step.poll(cx, this.config, *this.mode) {
            Poll::Ready(Ok(connection)) => return Poll::Ready(Ok(connection)),
            Poll::Ready(Err(reason)) => reason,
            // No request was received yet, so close at once.
            Poll::Pending if this.drained.as_mut().poll(cx).is_ready() => CloseReason::Drained,
            Poll::Pending => {
                ready!(this.timer.poll(cx));
                step.late(*this.limit)
            }
        };
        this.channel.close_with(reason.clone());
        // This closes the connection. An outer layer, for instance, may have set another reason
        // before.
        *step = Step::Over;
        Poll::Ready(Err(this.channel.close_reason().unwrap_or(reason)))
    }
}

impl<Io> Step<Io> {
    /// Returns the reason for closing a connection whose time has elapsed.
    fn late(&self, limit: Duration) -> CloseReason {
        match self {
            Self::Accepting(..) => failed(HandshakeError::Timeout(limit)),
            _ => CloseReason::Refused(format!("its peer sent nothing for {limit:?}").into()),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Step<Io> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        config: &Arc<ServerConfig>,
        mode: TlsMode,
    ) -> Poll<Result<Connection<MaybeTls<Io>>, CloseReason>> {
        if let Self::Sniffing(connection) = self {
            let first = ready!(connection.io_mut().poll_first(cx));
            let first = match first.map_err(|error| CloseReason::Io(Arc::new(error)))? {
                Some(first) => first,
                None => return Poll::Ready(Err(CloseReason::PeerClosed)),
            };
            if first != HANDSHAKE && mode == TlsMode::Enforcing {
                return Poll::Ready(Err(CloseReason::Refused(PLAIN.into())));
            }
            let Self::Sniffing(connection) = std::mem::replace(self, Self::Over) else {
                return Poll::Pending;
            };
            if first != HANDSHAKE {
                return Poll::Ready(Ok(connection.map_io(MaybeTls::plain)));
            }
            let (io, connection) = take_io(connection);
            let Some(io) = io else { return Poll::Pending };
            let accept = TlsAcceptor::from(Arc::clone(config)).accept(io);
            *self = Self::Accepting(Box::new(accept), connection);
        }
        let Self::Accepting(accept, _) = self else { return Poll::Pending };
        let stream = ready!(Pin::new(&mut **accept).poll(cx));
        let stream = stream.map_err(|error| failed(HandshakeError::Failed(error)))?;
        let Self::Accepting(_, mut connection) = std::mem::replace(self, Self::Over) else {
            return Poll::Pending;
        };
        connection.info_mut().extensions.insert(TlsInfo::of_server(stream.get_ref().1));
        Poll::Ready(Ok(connection.map_io(|()| MaybeTls::tls(stream))))
    }
}

/// Why a plain connection is closed in [`TlsMode::Enforcing`].
const PLAIN: &str = "TLS is required, but the peer sent no TLS handshake";

fn failed(error: HandshakeError) -> CloseReason {
    CloseReason::Io(Arc::new(io::Error::from(error)))
}

/// Separates a connection from its byte stream.
fn take_io<Io>(connection: Connection<Io>) -> (Option<Io>, Connection<()>) {
    let mut taken = None;
    let connection = connection.map_io(|io| taken = Some(io));
    (taken, connection)
}

impl<Io> fmt::Debug for Handshake<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("channel", &self.channel)
            .field("mode", &self.mode)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
