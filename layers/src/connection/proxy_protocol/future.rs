use super::error::ProxyError;
use super::header::HeaderReader;
use super::info::ProxyInfo;
use super::io::ProxyIo;
use super::settings::Settings;
use crate::support::admission;
use crate::support::refused::end;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Connection, Disconnect};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

pin_project! {
    /// Future of a connection that may begin with a header.
    pub struct ResponseFuture<Io, S, F> {
        #[pin]
        state: State<Io, S, F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<Io, S, F> {
        // Boxed, so that the memory is freed once the header is read: connections live long.
        Reading { reading: Box<Reading<Io, S>> },
        Decided { #[pin] life: admission::ResponseFuture<F> },
    }
}

struct Reading<Io, S> {
    /// `Some` until the header has been read.
    ready: Option<(Connection<Io>, S)>,
    header: HeaderReader,
    timer: Pin<Box<Sleep>>,
    timeout: Duration,
    /// Resolves when the connection is to be drained. No driver watches for that yet.
    drained: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<Io, S, F> ResponseFuture<Io, S, F> {
    pub(super) fn reading(connection: Connection<Io>, inner: S, settings: &Settings) -> Self {
        let channel = connection.channel();
        let reading = Box::new(Reading {
            ready: Some((connection, inner)),
            header: HeaderReader::new(settings.max_length, settings.required),
            timer: Box::pin(sleep(settings.timeout)),
            timeout: settings.timeout,
            drained: Box::pin(async move { channel.draining().await }),
        });
        Self { state: State::Reading { reading } }
    }

    pub(super) fn serving(life: F) -> Self {
        Self { state: State::Decided { life: admission::ResponseFuture::serving(life) } }
    }

    pub(super) fn ended(end: Disconnect) -> Self {
        Self { state: State::Decided { life: admission::ResponseFuture::ended(end) } }
    }
}

impl<Io: AsyncRead + Unpin, S> Reading<Io, S> {
    /// Ready with the header's length, `None` without a header, or an error.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<usize>, ProxyError>> {
        let Some((connection, _)) = &mut self.ready else { return Poll::Pending };
        if let Poll::Ready(found) = self.header.poll(cx, connection.io_mut()) {
            return Poll::Ready(found);
        }
        if self.drained.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(ProxyError::Drained));
        }
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(Err(ProxyError::Timeout(self.timeout)))
    }

    /// Stores the header's content in the connection's info, if there is a header.
    fn learn(
        &self,
        length: Option<usize>,
        connection: &mut Connection<Io>,
    ) -> Result<(), ProxyError> {
        let Some(length) = length else { return Ok(()) };
        let header = self.header.parse(length)?;
        let info = connection.info_mut();
        let said = ProxyInfo::new(info.peer_addr.clone(), &header)?;
        if let Some(client) = said.client() {
            info.peer_addr = client.into();
        }
        info.extensions.insert(said);
        Ok(())
    }
}

impl<Io, S, F> Future for ResponseFuture<Io, S, F>
where
    Io: AsyncRead + Unpin,
    S: Service<Connection<ProxyIo<Io>>, Response = Disconnect, Future = F>,
    F: Future<Output = Result<Disconnect, S::Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut state = self.project().state;
        loop {
            let life = match state.as_mut().project() {
                StateProj::Reading { reading } => {
                    let found = ready!(reading.poll(cx));
                    let Some((mut connection, mut inner)) = reading.ready.take() else {
                        return Poll::Pending;
                    };
                    let found = found.and_then(|length| {
                        reading.learn(length, &mut connection)?;
                        Ok(length.unwrap_or(0))
                    });
                    match found {
                        Ok(length) => {
                            let nothing = HeaderReader::new(0, false);
                            let header = std::mem::replace(&mut reading.header, nothing);
                            let rest = header.into_rest(length);
                            let connection = connection.map_io(|io| ProxyIo::new(io, rest));
                            admission::ResponseFuture::serving(inner.call(connection))
                        }
                        Err(error) => admission::ResponseFuture::ended(end_for(error, &connection)),
                    }
                }
                StateProj::Decided { life } => return life.poll(cx),
            };
            state.set(State::Decided { life });
        }
    }
}

fn end_for<Io>(error: ProxyError, connection: &Connection<Io>) -> Disconnect {
    let source = &connection.info().peer_addr;
    if error.is_the_balancers() {
        tracing::warn!(%source, %error, "refused a connection from a trusted source");
    }
    end(connection, error.into_reason())
}

impl<Io, S, F> fmt::Debug for ResponseFuture<Io, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Reading { .. } => "reading",
            State::Decided { .. } => "decided",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish()
    }
}
