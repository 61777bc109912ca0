//! The innermost service of the gateway: forwards requests.

use crate::link::{Link, LinkCall, no_link};
use crate::name_server::NameServer;
use crate::statistics::Note;
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, Service};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Forwards requests to the cluster: the service that the layers of a [`Gateway`](crate::Gateway) are put around.
///
/// Always ready. Its errors are [`Abort`](rocketmq_tower::Abort)s with the code and text of the answer.
#[derive(Clone)]
pub struct Forward {
    target: Target,
}

#[derive(Clone)]
enum Target {
    /// The broker of the connection's [`Link`], with the maximum time for an answer that comes at once.
    Broker(Duration),
    NameServer(Arc<NameServer>),
}

impl Forward {
    /// Forwards to the broker of the connection.
    pub(crate) fn to_broker(patience: Duration) -> Self {
        Self { target: Target::Broker(patience) }
    }

    /// Forwards to the name servers.
    pub(crate) fn to_name_server(name_server: Arc<NameServer>) -> Self {
        Self { target: Target::NameServer(name_server) }
    }
}

impl Service<RemotingCommand> for Forward {
    type Response = Option<RemotingCommand>;
    type Error = BoxError;
    type Future = ForwardFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RemotingCommand) -> ForwardFuture {
        let patience = match &self.target {
            Target::Broker(patience) => *patience,
            Target::NameServer(name_server) => {
                let name_server = Arc::clone(name_server);
                let answer = async move { Ok(name_server.call(request).await?) };
                return ForwardFuture(State::Other(Box::pin(answer)));
            }
        };
        let link = request.channel().and_then(|channel| channel.extensions().get::<Link>());
        let Some(link) = link.cloned() else {
            return ForwardFuture(State::Failed(Some(no_link())));
        };
        let hold = time_of_poll(&request);
        if request.request_code() == RequestCode::HEART_BEAT {
            Note::heartbeat(&request);
        }
        if hold.is_zero() && !request.is_oneway() {
            if let Some(permit) = link.try_reserve() {
                let call = link.begin(permit, request, patience);
                return ForwardFuture(
                    call.map_or_else(|error| State::Failed(Some(error)), State::Usual),
                );
            }
        }
        let answer = async move { link.call(request, patience, hold).await };
        ForwardFuture(State::Other(Box::pin(answer)))
    }
}

/// The future of [`Forward`].
#[must_use = "futures do nothing unless polled"]
pub struct ForwardFuture(State);

enum State {
    /// A request to a connected broker, which is answered at once. It takes no allocation.
    Usual(LinkCall),
    Other(Pin<Box<dyn Future<Output = Result<Option<RemotingCommand>, BoxError>> + Send>>),
    /// `None` once it has told.
    Failed(Option<BoxError>),
}

impl Future for ForwardFuture {
    type Output = Result<Option<RemotingCommand>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Usual(call) => Pin::new(call).poll(cx).map_ok(Some),
            State::Other(future) => future.as_mut().poll(cx),
            State::Failed(error) => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }
}

impl fmt::Debug for ForwardFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardFuture").finish_non_exhaustive()
    }
}

/// Returns the time that the broker may hold a request until there are messages, at most an hour.
fn time_of_poll(request: &RemotingCommand) -> Duration {
    let field = match request.request_code() {
        RequestCode::PULL_MESSAGE | RequestCode::LITE_PULL_MESSAGE => "suspendTimeoutMillis",
        RequestCode::POP_MESSAGE | RequestCode::NOTIFICATION => "pollTime",
        _ => return Duration::ZERO,
    };
    let millis = request.ext_field(field).and_then(|text| text.parse().ok()).unwrap_or(0);
    Duration::from_millis(millis).min(Duration::from_secs(3600))
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match &self.target {
            Target::Broker(_) => "broker",
            Target::NameServer(_) => "name server",
        };
        f.debug_struct("Forward").field("target", &target).finish()
    }
}
