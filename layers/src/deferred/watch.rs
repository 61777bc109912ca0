//! Who wants to know of an answer that may come late.

use rocketmq_tower_core::{RemotingCommand, ResponseCode};
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a layer keeps of an exchange, to end it with a late answer.
pub(crate) trait Late: Send + 'static {
    /// The answer was given after the processor had returned `None`, or while it ran.
    fn late(self, answer: ResponseCode);
}

/// Of each layer that prepared for it; travels in the request's extensions.
#[derive(Clone, Default)]
pub(super) struct Watches(Vec<Arc<dyn Watch>>);

impl Watches {
    /// The request was answered, or whoever had to do it gave up.
    pub(super) fn tell(self, answer: Option<ResponseCode>) {
        self.0.iter().for_each(|watch| watch.tell(answer));
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watches").field(&self.0.len()).finish()
    }
}

trait Watch: Send + Sync {
    fn tell(&self, answer: Option<ResponseCode>);
}

/// Where an exchange is that may be answered late. The first answer is the one that counts, as it
/// is for the driver.
enum State<T> {
    Running(T),
    /// The processor runs; it was to be answered late, and will not be.
    Abandoned(T),
    /// The processor has returned `None`.
    Returned(T),
    Done,
}

pub(crate) struct Shared<T>(Mutex<State<T>>);

impl<T> Shared<T> {
    fn replace(&self, state: State<T>) -> State<T> {
        mem::replace(&mut *self.lock(), state)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Late> Watch for Shared<T> {
    fn tell(&self, answer: Option<ResponseCode>) {
        let mut state = self.lock();
        let ended = match (mem::replace(&mut *state, State::Done), answer) {
            (State::Done, _) => None,
            (State::Running(exchange) | State::Abandoned(exchange), None) => {
                *state = State::Abandoned(exchange);
                None
            }
            (State::Running(exchange) | State::Abandoned(exchange), Some(code)) => {
                Some((exchange, code))
            }
            // The driver answers so.
            (State::Returned(exchange), code) => {
                Some((exchange, code.unwrap_or(ResponseCode::SYSTEM_ERROR)))
            }
        };
        drop(state);
        if let Some((exchange, code)) = ended {
            exchange.late(code);
        }
    }
}

/// What the future of an exchange holds of it.
pub(crate) enum Held<T> {
    Own(T),
    /// May be answered late.
    Shared(Arc<Shared<T>>),
    /// It has ended.
    Nothing,
}

impl<T: Late> Held<T> {
    /// Prepares `request` for a late answer.
    pub(crate) fn watching(request: &mut RemotingCommand, exchange: T) -> Self {
        let shared = Arc::new(Shared(Mutex::new(State::Running(exchange))));
        let watch: Arc<dyn Watch> = shared.clone();
        request.extensions_mut().get_or_insert_default::<Watches>().0.push(watch);
        Self::Shared(shared)
    }

    /// The exchange, to end it, unless it has ended.
    pub(crate) fn take(&mut self) -> Option<T> {
        match mem::replace(self, Self::Nothing) {
            Self::Own(exchange) => Some(exchange),
            Self::Shared(shared) => match shared.replace(State::Done) {
                State::Running(exchange) | State::Abandoned(exchange) => Some(exchange),
                State::Returned(_) | State::Done => None,
            },
            Self::Nothing => None,
        }
    }

    /// The processor has returned `None`: a late answer will end the exchange, if it is seen.
    pub(crate) fn returned(&mut self) {
        let Self::Shared(shared) = mem::replace(self, Self::Nothing) else { return };
        let mut state = shared.lock();
        match mem::replace(&mut *state, State::Done) {
            State::Running(exchange) => *state = State::Returned(exchange),
            State::Abandoned(exchange) => {
                drop(state);
                exchange.late(ResponseCode::SYSTEM_ERROR);
            }
            State::Returned(_) | State::Done => {}
        }
    }
}

impl<T> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own(_) => "Own",
            Self::Shared(_) => "Shared",
            Self::Nothing => "Nothing",
        })
    }
}
