//! The engine of one connection: [`Driver`].

mod config;
mod deferred;
mod end;
mod in_flight;
mod input;
mod output;
mod pending;
mod requests;
mod service;
mod transport;
mod vectored;
mod watchdog;

pub use config::{ConnectionConfig, Role};
pub use service::DriverService;

use crate::command::{MqVersion, RemotingCommand};
use crate::connection::{
    Bounds, CLOSE, Call, Channel, CloseReason, Connection, DRAIN, Disconnect, DriverEnd,
    ExchangeId, MAIL, Message, Oneway, READY, Waiter,
};
use crate::error::BoxError;
use crate::reply::Reply;
use in_flight::{Deferral, InFlight};
use pending::Pending;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tower_service::Service;
use transport::Transport;
use watchdog::Watchdog;

/// How often the stages take turns before other tasks do.
const ROUNDS: usize = 16;

/// Queues that have grown beyond this give their memory back when they are empty.
const KEPT_QUEUE: usize = 64;

/// Runs one connection to its end: a future that resolves when the connection is gone and all its
/// requests have finished.
///
/// It reads frames, hands the peer's requests to a service, writes the answers, and does the same
/// for the calls that this side makes over the [`Channel`], all in one task. Many requests run at
/// once; answers go out as they come.
///
/// What it promises:
///
/// * Readiness of the service is asked for only with a request in hand.
/// * An answer of the peer never waits behind requests.
/// * A request that was handed to the service runs to its end, whatever becomes of the connection.
///   Only dropping the driver cuts it.
/// * A peer that is slow to read, or sends more than can be handled, is held back by TCP (at a
///   server; see [`Role`]).
/// * After the first bad frame nothing more is read; what was asked before it is answered.
/// * Opaque, response bit and serialize type of answers are the request's. Oneway requests are
///   never answered.
/// * A panic or an error of the service is answered with `SYSTEM_ERROR`, and the connection goes
///   on.
/// * All it holds is bounded by [`ConnectionConfig`].
///
/// When the channel is drained, requests are sent away with `GO_AWAY` if the peer's version knows
/// it; of other peers, what was read is served and nothing more is read. A peer that goes on asking
/// is not listened to for longer than [`ConnectionConfig::linger`].
///
/// Needs a tokio runtime with its timer.
pub struct Driver<Io, S: Service<RemotingCommand>> {
    /// `None` once the connection is gone. Dropped before `end` tells so.
    transport: Option<Transport<Io>>,
    end: DriverEnd,
    channel: Channel,
    config: Arc<ConnectionConfig>,
    /// `None` once no request will be handed to it any more.
    service: Option<S>,
    in_flight: InFlight<S::Future>,
    /// Requests that were read and not yet handed to the service.
    requests: VecDeque<RemotingCommand>,
    /// Answers that were not yet encoded.
    replies: VecDeque<RemotingCommand>,
    /// Calls and oneway requests of this side that were not yet encoded.
    outgoing: VecDeque<Outgoing>,
    /// How many of `outgoing` may have been given up.
    given_up: usize,
    pending: Pending,
    deferred: HashSet<ExchangeId>,
    mail: Vec<Message>,
    watchdog: Watchdog,
    waker: Option<Waker>,
    phase: Phase,
    /// Nothing more is to be read.
    input_ended: bool,
    /// The peer has ended its side.
    peer_ended: bool,
    /// The last attempt to read found nothing.
    input_empty: bool,
    /// What comes now is left where it is.
    left_unread: bool,
    /// The service was asked whether it is ready, and said not yet.
    asked: bool,
    /// Requests that still run are not waited for.
    grace_over: bool,
    /// Since when the connection is being drained.
    draining: Option<Instant>,
    /// The version that the peer's last request gave.
    peer_version: Option<MqVersion>,
    /// The request that is being finished, and what its responder turns out to have done.
    finishing: Option<(ExchangeId, Deferral)>,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// What runs is finished, then the connection ends.
    Finishing,
    /// This side's half is being ended.
    ShuttingDown,
    /// The peer takes the last answers.
    Lingering,
    /// There is no connection any more; requests may still run.
    Gone,
}

#[derive(Debug)]
enum Outgoing {
    Call(Call),
    Oneway(Oneway),
}

impl Outgoing {
    /// Whether nobody waits for it any more who once did.
    fn is_given_up(&self) -> bool {
        match self {
            Self::Call(call) => call.waiter.is_gone(),
            Self::Oneway(oneway) => oneway.waiter.as_ref().is_some_and(Waiter::is_gone),
        }
    }
}

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    /// Starts to run `connection`, whose requests are `service`'s. From here on the channel's
    /// addresses and extensions are fixed, and calls over it may go.
    #[must_use]
    pub fn new(
        connection: Connection<Io>,
        service: S,
        config: impl Into<Arc<ConnectionConfig>>,
    ) -> Self {
        let config = config.into();
        let (io, info, end) = connection.into_parts();
        let (calls, oneways) = (config.max_calls, config.max_oneways);
        end.shared.start(info, Bounds { calls, oneways, deferred: config.max_deferred });
        Self {
            transport: Some(Transport::new(io, &config)),
            channel: end.channel(),
            end,
            config,
            service: Some(service),
            in_flight: InFlight::new(),
            requests: VecDeque::new(),
            replies: VecDeque::new(),
            outgoing: VecDeque::new(),
            given_up: 0,
            pending: Pending::default(),
            deferred: HashSet::new(),
            mail: Vec::new(),
            watchdog: Watchdog::default(),
            waker: None,
            phase: Phase::Open,
            input_ended: false,
            peer_ended: false,
            input_empty: false,
            left_unread: false,
            asked: false,
            grace_over: false,
            draining: None,
            peer_version: None,
            finishing: None,
        }
    }

    /// The connection's handle.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Makes sure that signals wake this task.
    fn register(&mut self, cx: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.end.shared.inbox.register(cx.waker());
            self.waker = Some(cx.waker().clone());
        }
    }

    /// Does what the holders of the channel ask for.
    fn take_signals(&mut self, cx: &mut Context<'_>) {
        let bits = self.end.shared.inbox.bits();
        if bits & MAIL != 0 {
            self.take_mail();
        }
        if bits & DRAIN != 0 && self.draining.is_none() {
            self.draining = Some(Instant::now());
            self.input_empty = false;
            self.phase = self.phase.max(Phase::Finishing);
        }
        if bits & CLOSE != 0 && self.transport.is_some() {
            // What is encoded may still go out, as far as it does without waiting.
            if let Some(transport) = &mut self.transport {
                _ = transport.poll_flush(cx);
            }
            self.gone(CloseReason::Aborted);
        }
    }

    fn take_mail(&mut self) {
        let mut mail = std::mem::take(&mut self.mail);
        self.end.shared.inbox.take_messages(&mut mail);
        for message in mail.drain(..) {
            self.handle(message);
        }
        if mail.capacity() <= KEPT_QUEUE {
            self.mail = mail;
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Call(call) => self.take_call(Outgoing::Call(call)),
            Message::Oneway(oneway) => self.take_call(Outgoing::Oneway(oneway)),
            Message::Cancel(number) => self.cancel(number),
            Message::Defer(id) => _ = self.deferred.insert(id),
            Message::Answer(id, reply) => self.take_answer(id, reply),
            Message::Abandon(id, stamp) => self.take_abandoned(id, stamp),
        }
    }

    fn poll_rounds(&mut self, cx: &mut Context<'_>, budget: &mut usize) {
        while *budget > 0 {
            *budget -= 1;
            self.take_signals(cx);
            let mut moved = self.poll_in_flight();
            moved |= self.poll_replies(cx);
            moved |= self.poll_admit(cx);
            moved |= self.poll_input(cx);
            // Last: if the peer has ended, its end is seen before anything is sent in vain.
            moved |= self.poll_outgoing(cx);
            if !moved {
                return;
            }
        }
        // Others take their turn; what is encoded goes out meanwhile.
        cx.waker().wake_by_ref();
    }
}

impl<Io, S> Future for Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    type Output = Result<Disconnect, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.register(cx);
        let mut budget = ROUNDS;
        loop {
            this.poll_rounds(cx, &mut budget);
            let blocked = !this.is_writable();
            this.poll_flush(cx);
            if blocked && this.is_writable() {
                // What waited for room, reading among it, goes on.
                continue;
            }
            this.poll_end(cx);
            if !this.poll_watchdog(cx) {
                break;
            }
        }
        if this.transport.is_none() && this.in_flight.is_empty() {
            let reason = this.end.shared.reason().cloned().unwrap_or(CloseReason::Aborted);
            return Poll::Ready(Ok(Disconnect::new(reason)));
        }
        this.release_idle();
        Poll::Pending
    }
}

/// Nothing in it is pinned: futures in flight are pinned each in a box of its own.
impl<Io, S: Service<RemotingCommand>> Unpin for Driver<Io, S> {}

impl<Io, S: Service<RemotingCommand>> fmt::Debug for Driver<Io, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("channel", &self.channel)
            .field("phase", &self.phase)
            .field("requests", &self.requests.len())
            .field("replies", &self.replies.len())
            .finish_non_exhaustive()
    }
}
