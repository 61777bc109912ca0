//! What the service does next: what the fuzzer tells it, and what it leaves for the fuzzer to tell.

use super::book::Book;
use rocketmq_tower_core::channel::Responder;
use std::cell::RefCell;
use std::rc::Rc;
use std::task::Waker;

/// So many requests call the peer.
pub(super) const MOST_CALLS: usize = 20;

/// What the service and the fuzzer share.
pub(super) struct Stage {
    pub(super) book: Book,
    pub(super) readiness: Readiness,
    pub(super) asker: Option<Waker>,
    /// Requests that wait to be told how they end.
    pub(super) parked: Vec<Rc<RefCell<Parked>>>,
    pub(super) deferred: Vec<Deferred>,
    /// How many requests have called the peer.
    pub(super) calls: usize,
    /// Requests are dropped only with the driver.
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

/// How a request ends.
#[derive(Clone, Copy)]
pub(super) enum How {
    Answers,
    Silent,
    Fails,
    Panics,
}

/// A request that will be answered later.
pub(super) struct Deferred {
    pub(super) responder: Responder,
    pub(super) opaque: i32,
    pub(super) oneway: bool,
    pub(super) finished: Rc<RefCell<Answered>>,
}

/// What is known of the answering of one request, from two sides.
#[derive(Default)]
pub(super) struct Answered {
    /// It was answered, or excused.
    pub(super) settled: bool,
    /// The processor is done and returned nothing.
    pub(super) returned: bool,
    /// The responder was dropped while the processor ran.
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
