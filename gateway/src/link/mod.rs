//! The connection to a broker that belongs to one connection of a client.

mod call;
mod dialer;
mod duet;
mod layer;
mod pair;
mod push;
mod with_header;

pub(crate) use call::LinkCall;
pub(crate) use dialer::Dialer;
pub use layer::{Pair, PairLayer};

use crate::brokers::Broker;
use crate::rewrite::Rewriter;
use pair::Upstream;
use push::Push;
use rocketmq_tower::channel::CallPermit;
use rocketmq_tower::error::chain_text;
use rocketmq_tower::{
    Abort, BoxError, CallError, Channel, CloseReason, RemotingCommand, RequestCode, ResponseCode,
};
use rocketmq_tower_core::sync::lock;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Waker;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

/// The time after a broker could not be reached in which a connection does not try again.
const PAUSE: Duration = Duration::from_secs(1);
/// The maximum time for writing oneway requests that were read before the client left.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The connection to a broker that belongs to one connection of a client, opened by its first request.
///
/// So a broker sees each client as its own: it counts the client as a member of its groups, and its requests come back to the right client.
/// When either connection ends, so does the other.
#[derive(Clone)]
pub(crate) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    client: Channel,
    rewriter: Rewriter,
    dialer: Arc<Dialer>,
    opened: OnceCell<Channel>,
    /// The connection to the broker, until the task of the client's takes it.
    to_run: Mutex<Option<Upstream>>,
    /// Wakes that task to take it.
    waker: OnceLock<Waker>,
    /// When the broker could not be reached, and why.
    failed: Mutex<Option<(Instant, Abort)>>,
    /// Oneway requests that are not written yet.
    oneways: TaskTracker,
}

impl Link {
    fn new(client: Channel, rewriter: Rewriter, dialer: Arc<Dialer>) -> Self {
        let shared = Shared {
            client,
            rewriter,
            dialer,
            opened: OnceCell::new(),
            to_run: Mutex::new(None),
            waker: OnceLock::new(),
            failed: Mutex::new(None),
            oneways: TaskTracker::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Whether this client has a connection to its broker.
    pub(crate) fn is_open(client: &Channel) -> bool {
        let link = client.extensions().get::<Self>();
        link.and_then(|link| link.shared.opened.get()).is_some_and(|broker| !broker.is_closed())
    }

    fn broker(&self) -> &Broker {
        self.shared.rewriter.broker()
    }

    /// Sends a request to the broker, and returns its answer; `None` for a oneway request. `patience` is the maximum time for the answer, in
    /// addition to the time for which the broker may hold the request.
    pub(crate) async fn call(
        &self,
        mut request: RemotingCommand,
        patience: Duration,
        hold: Duration,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        self.count_request();
        let channel = match self.shared.opened.get() {
            Some(channel) => channel,
            None => self.open().await.inspect_err(|_| self.count_answer(None))?,
        };
        self.prepare(channel, &mut request)?;
        if request.is_oneway() {
            let written = self.shared.oneways.track_future(channel.write_oneway(request));
            let written = written.await.inspect_err(|_| self.count_answer(None));
            written.map_err(|error| self.failure(&error))?;
            return Ok(None);
        }
        let code = request.request_code();
        let answer = channel.invoke(request, patience + hold);
        let answer = match hold.is_zero() {
            true => answer.await,
            // A request that waits for messages does not hold up a shutdown.
            false => tokio::select! {
                answer = answer => answer,
                () = self.shared.client.draining() => return Err(go_away().into()),
            },
        };
        self.answered(code, answer).map(Some)
    }

    /// Makes the broker's answer to a request with this code one for the client.
    fn answered(
        &self,
        code: RequestCode,
        answer: Result<RemotingCommand, CallError>,
    ) -> Result<RemotingCommand, BoxError> {
        self.count_answer(answer.as_ref().ok().map(RemotingCommand::response_code));
        let mut response = answer.map_err(|error| self.failure(&error))?;
        self.shared.rewriter.response(code, &mut response);
        Ok(response)
    }

    fn count_request(&self) {
        if let Some(counts) = &self.shared.dialer.counts {
            counts.request();
        }
    }

    /// Counts an answer with this code; `None` if there was none.
    fn count_answer(&self, code: Option<ResponseCode>) {
        if let Some(counts) = &self.shared.dialer.counts {
            counts.answered(code);
        }
    }

    /// Takes the place of a call, if the broker is connected and one is free.
    pub(crate) fn try_reserve(&self) -> Option<CallPermit<'_>> {
        self.shared.opened.get()?.try_reserve().ok()
    }

    /// Sends a request that the broker answers at once, within `patience`.
    pub(crate) fn begin(
        &self,
        permit: CallPermit<'_>,
        mut request: RemotingCommand,
        patience: Duration,
    ) -> Result<LinkCall, BoxError> {
        self.count_request();
        self.prepare(permit.channel(), &mut request)?;
        let code = request.request_code();
        Ok(LinkCall::new(self.clone(), code, permit.invoke(request, patience)))
    }

    /// Makes a client's request one of the gateway.
    fn prepare(&self, broker: &Channel, request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.shared.rewriter.request(request);
        self.shared.dialer.before(broker, request).inspect_err(|_| self.count_answer(None))
    }

    /// Connects to the broker, once.
    async fn open(&self) -> Result<&Channel, Abort> {
        self.shared.opened.get_or_try_init(|| self.dial()).await
    }

    async fn dial(&self) -> Result<Channel, Abort> {
        let Shared { client, rewriter, dialer, .. } = &*self.shared;
        if let Some((at, abort)) = &*lock(&self.shared.failed) {
            if at.elapsed() < PAUSE {
                return Err(abort.clone());
            }
        }
        let push = Push::new(client.observer(), rewriter.clone());
        match dialer.dial(self.broker().addr(), client, push).await {
            Ok((channel, upstream)) => {
                tracing::debug!(broker = %self.broker().id, client = %client.peer_addr(), "connected");
                self.broker().note_reached(Some(true));
                *lock(&self.shared.to_run) = Some(upstream);
                if let Some(waker) = self.shared.waker.get() {
                    waker.wake_by_ref();
                }
                Ok(channel)
            }
            Err(error) => {
                self.broker().note_reached(Some(false));
                let abort = self.unreachable(&*error);
                *lock(&self.shared.failed) = Some((Instant::now(), abort.clone()));
                Err(abort)
            }
        }
    }

    /// Sets the waker of the task that runs the connection to the broker.
    fn wake_when_opened(&self, waker: Waker) {
        _ = self.shared.waker.set(waker);
    }

    /// Returns the connection to the broker, to be run, once it is opened.
    fn take_opened(&self) -> Option<Upstream> {
        lock(&self.shared.to_run).take()
    }

    /// Whether the connection to the broker is opened and was not taken.
    fn has_opened(&self) -> bool {
        lock(&self.shared.to_run).is_some()
    }

    /// Drains the connection of the client, as the one to the broker has ended.
    fn lost(&self, reason: &CloseReason) {
        let (broker, client) = (&self.broker().id, &self.shared.client);
        tracing::info!(%broker, client = %client.peer_addr(), %reason, "the broker has left");
        if !self.shared.client.is_closed() {
            self.broker().note_reached(None);
        }
        let reason = format!("the connection to the broker {broker} has closed");
        client.drain_with(CloseReason::Requested(reason.into()));
    }

    /// Closes the connection to the broker. Oneway requests that were read before are still written: clients send their last offsets so.
    async fn close(&self) {
        self.shared.oneways.close();
        _ = timeout(LAST_WORDS, self.shared.oneways.wait()).await;
        if let Some(channel) = self.shared.opened.get() {
            channel.close("the client has left");
        }
    }

    fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> Abort {
        let (broker, client) = (&self.broker().id, self.shared.client.peer_addr());
        tracing::warn!(%broker, %client, error = chain_text(error), "a broker cannot be reached");
        let remark = format!("the gateway cannot reach the broker {broker}");
        Abort::new(ResponseCode::SERVICE_NOT_AVAILABLE, remark)
    }

    /// Returns the answer for a call that has failed.
    fn failure(&self, error: &CallError) -> Abort {
        let (broker, client) = (&self.broker().id, self.shared.client.peer_addr());
        tracing::debug!(%broker, %client, error = chain_text(error), "a call of a broker has failed");
        match error {
            CallError::Timeout { timeout, .. } => Abort::new(
                ResponseCode::SYSTEM_ERROR,
                format!("the broker {broker} has not answered the gateway within {timeout:?}"),
            ),
            CallError::Encode(_) => Abort::new(
                ResponseCode::SYSTEM_ERROR,
                format!("the gateway cannot forward the request: {}", chain_text(error)),
            ),
            _ => Abort::new(
                ResponseCode::SERVICE_NOT_AVAILABLE,
                format!("the gateway's connection to the broker {broker} has closed"),
            ),
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("broker", &self.broker().id)
            .field("client", self.shared.client.peer_addr())
            .field("opened", &self.shared.opened.initialized())
            .finish_non_exhaustive()
    }
}

fn go_away() -> Abort {
    Abort::new(ResponseCode::GO_AWAY, "the gateway closes the connection")
}

/// Returns the answer for a request that came over a connection without a link: a layer has replaced the connection's extensions.
pub(crate) fn no_link() -> BoxError {
    Abort::new(ResponseCode::SYSTEM_ERROR, "the connection has no link to a broker").into()
}
