//! The engine of one connection: [`Driver`].

mod config;
mod end;
mod in_flight;
mod input;
mod output;
mod pending;
mod service;
mod transport;
mod watchdog;

pub use config::{ConnectionConfig, Role};
pub use service::DriverService;

use crate::command::{MqVersion, RemotingCommand};
use crate::connection::{
    Bounds, CLOSE, Call, Channel, CloseReason, Connection, DRAIN, Disconnect, DriverEnd,
    ExchangeId, MAIL, Message, Oneway, READY,
};
use crate::error::BoxError;
use crate::reply::Reply;
use in_flight::InFlight;
use pending::Pending;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite};
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
/// it; of other peers, what was read is served and nothing more is read.
///
/// Needs a tokio runtime with its timer.
pub struct Driver<Io, S: Service<RemotingCommand>> {
    end: DriverEnd,
    channel: Channel,
    config: ConnectionConfig,
    /// `None` once the connection is gone.
    transport: Option<Transport<Io>>,
    /// `None` once no request will be handed to it any more.
    service: Option<S>,
    in_flight: InFlight<S::Future>,
    /// Requests that were read and not yet handed to the service.
    requests: VecDeque<RemotingCommand>,
    /// Answers that were not yet encoded.
    replies: VecDeque<RemotingCommand>,
    /// Calls and oneway requests of this side that were not yet encoded.
    outgoing: VecDeque<Outgoing>,
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
    draining: bool,
    /// The version that the peer's last request gave.
    peer_version: Option<MqVersion>,
    /// The request that is being finished, and whether its responder turns out to have answered
    /// it.
    finishing: Option<(ExchangeId, bool)>,
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
    pub fn new(connection: Connection<Io>, service: S, config: ConnectionConfig) -> Self {
        let (io, info, end) = connection.into_parts();
        let (calls, oneways) = (config.max_calls, config.max_oneways);
        end.shared.start(info, Bounds { calls, oneways, deferred: config.max_deferred });
        Self {
            channel: end.channel(),
            end,
            transport: Some(Transport::new(io, &config)),
            config,
            service: Some(service),
            in_flight: InFlight::new(),
            requests: VecDeque::new(),
            replies: VecDeque::new(),
            outgoing: VecDeque::new(),
            pending: Pending::default(),
            deferred: HashSet::new(),
            mail: Vec::new(),
            watchdog: Watchdog::default(),
            waker: None,
            phase: Phase::Open,
            input_ended: false,
            peer_ended: false,
            input_empty: false,
            draining: false,
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
        if bits & DRAIN != 0 && !self.draining {
            self.draining = true;
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
            // A waiter that is dropped sees that the connection is closed.
            Message::Call(_) | Message::Oneway(_) if self.phase > Phase::Finishing => {}
            Message::Call(call) => self.outgoing.push_back(Outgoing::Call(call)),
            Message::Oneway(oneway) => self.outgoing.push_back(Outgoing::Oneway(oneway)),
            Message::Cancel(number) => drop(self.pending.remove(number)),
            Message::Defer(id) => _ = self.deferred.insert(id),
            Message::Answer(id, reply) => self.handle_answer(id, reply),
        }
    }

    fn handle_answer(&mut self, id: ExchangeId, reply: RemotingCommand) {
        if !self.deferred.remove(&id) {
            if self.transport.is_some() {
                tracing::warn!(opaque = reply.opaque(), "a request was answered twice");
            }
            return;
        }
        match &mut self.finishing {
            Some((finishing, answered)) if *finishing == id => *answered = true,
            _ => self.in_flight.mark_answered(id),
        }
        self.replies.push_back(reply);
    }

    fn poll_rounds(&mut self, cx: &mut Context<'_>, budget: &mut usize) {
        while *budget > 0 {
            *budget -= 1;
            self.take_signals(cx);
            let mut moved = self.poll_in_flight();
            moved |= self.poll_write(cx);
            moved |= self.poll_admit(cx);
            moved |= self.poll_input(cx);
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
