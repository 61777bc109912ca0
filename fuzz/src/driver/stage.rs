//! The state of the service that the fuzzer controls.

use super::book::Book;
use rocketmq_tower_core::channel::Responder;
use std::cell::RefCell;
use std::rc::Rc;
use std::task::Waker;

/// The maximum number of requests that call the peer.
pub(super) const MOST_CALLS: usize = 20;

/// The state that the service and the fuzzer share.
pub(super) struct Stage {
    pub(super) book: Book,
    pub(super) readiness: Readiness,
    pub(super) asker: Option<Waker>,
    /// Requests that wait for the fuzzer to select their outcome.
    pub(super) parked: Vec<Rc<RefCell<Parked>>>,
    pub(super) deferred: Vec<Deferred>,
    /// The number of requests that have called the peer.
    pub(super) calls: usize,
    /// Whether the driver was dropped, which is the only time that requests may be dropped.
    pub(super) driver_dropped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    Ready,
    Pending,
    Fails,
    Panics,
}

/// A request whose future waits.
#[derive(Default)]
pub(super) struct Parked {
    pub(super) how: Option<How>,
    pub(super) waker: Option<Waker>,
}

/// The outcome of a request.
#[derive(Clone, Copy)]
pub(super) enum How {
    Answers,
    Silent,
    Fails,
    Panics,
}

/// A deferred request.
pub(super) struct Deferred {
    pub(super) responder: Responder,
    pub(super) opaque: i32,
    pub(super) oneway: bool,
    pub(super) finished: Rc<RefCell<Answered>>,
}

/// The progress of one request, from the processor and from the responder.
#[derive(Default)]
pub(super) struct Answered {
    /// Whether it was answered or excused.
    pub(super) settled: bool,
    /// Whether the processor has finished without a response.
    pub(super) returned: bool,
    /// Whether the responder was dropped while the processor ran.
    pub(super) abandoned: bool,
}

pub(super) type Shared = Rc<RefCell<Stage>>;

impl Stage {
    pub(super) fn new(book: Book) -> Self {
        let readiness = Readiness::Ready;
        let (parked, deferred) = (Vec::new(), Vec::new());
        Self { book, readiness, asker: None, parked, deferred, calls: 0, driver_dropped: false }
    }
}

pub(super) fn set_readiness(stage: &Shared, readiness: Readiness) {
    let asker = {
        let mut stage = stage.borrow_mut();
        stage.readiness = readiness;
        if readiness == Readiness::Pending { None } else { stage.asker.take() }
    };
    asker.into_iter().for_each(Waker::wake);
}

impl Parked {
    pub(super) fn tell(parked: &RefCell<Self>, how: Option<How>) {
        let waker = {
            let mut parked = parked.borrow_mut();
            parked.how = how.or(parked.how);
            parked.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }
}
