//! Answers that come later, as layers see them.
//!
//! # What
//!
//! A processor that answers later, such as a pull that waits for messages, returns `None`: its
//! answer passes no layer. [`defer`] does what
//! [`RemotingCommand::defer`](rocketmq_tower_core::RemotingCommand::defer) does, and besides lets
//! layers know of that answer which measure, count or trace requests: `metrics`,
//! [`trace`](crate::trace), [`code_distribution`](crate::code_distribution).
//!
//! # How it differs from Java
//!
//! Java's metrics and traffic log see every answer, as they sit where answers are written. Here a
//! processor that uses `RemotingCommand::defer` itself works as well, only its late answers are
//! not seen.
//!
//! # Cost
//!
//! Layers prepare for it with requests whose code is one of [`LONG_POLLING`], unless they are told
//! other codes; others cost nothing.
//!
//! ```
//! use rocketmq_tower_core::{BoxError, RemotingCommand};
//! use rocketmq_tower_layers::deferred::{Deferred, defer};
//! use tokio::sync::mpsc::UnboundedSender;
//!
//! async fn pull(
//!     mut request: RemotingCommand,
//!     parked: UnboundedSender<Deferred>,
//! ) -> Result<Option<RemotingCommand>, BoxError> {
//!     let deferred = defer(&mut request)?;
//!     // Whoever has news calls `deferred.send(RemotingCommand::response(ResponseCode::SUCCESS))`.
//!     parked.send(deferred)?;
//!     Ok(None)
//! }
//! ```

mod watch;

use rocketmq_tower_core::connection::{DeferError, Responder};
use rocketmq_tower_core::{CallError, Channel, RemotingCommand, RequestCode, ResponseCode};
use watch::Watches;
pub(crate) use watch::{Held, Late};

/// The codes of requests that wait for news, for which layers are prepared by default.
pub const LONG_POLLING: [RequestCode; 4] = [
    RequestCode::PULL_MESSAGE,
    RequestCode::LITE_PULL_MESSAGE,
    RequestCode::POP_MESSAGE,
    RequestCode::NOTIFICATION,
];

/// Takes over the answering of `request`, to do it later, and tells layers of the answer.
///
/// # Errors
/// As `RemotingCommand::defer`.
pub fn defer(request: &mut RemotingCommand) -> Result<Deferred, DeferError> {
    let responder = request.defer()?;
    let untold = Untold(request.extensions_mut().remove::<Watches>());
    Ok(Deferred { responder, untold })
}

/// A [`Responder`] whose answer layers know of. Dropping it answers `SYSTEM_ERROR`.
#[derive(Debug)]
#[must_use = "dropping it answers with an error"]
pub struct Deferred {
    responder: Responder,
    untold: Untold,
}

impl Deferred {
    /// Answers the request.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn send(mut self, reply: RemotingCommand) -> Result<(), CallError> {
        self.untold.tell(Some(reply.response_code()));
        self.responder.send(reply)
    }

    /// The connection that the request came from.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.responder.channel()
    }
}

/// Layers that do not know yet what becomes of the request.
#[derive(Debug)]
struct Untold(Option<Watches>);

impl Untold {
    fn tell(&mut self, answer: Option<ResponseCode>) {
        if let Some(watches) = self.0.take() {
            watches.tell(answer);
        }
    }
}

impl Drop for Untold {
    fn drop(&mut self) {
        self.tell(None);
    }
}
