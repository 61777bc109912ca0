use super::queue::{Queue, queue};
use super::{Audit, AuditStream, WhenFull};
use crate::identity::{UserOf, verified_user};
use rocketmq_tower_core::subject::Action;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Reports requests and their results. See the [module's documentation](super).
#[derive(Clone)]
pub struct AuditLayer {
    pub(super) settings: Settings,
}

/// The state that a layer's services share.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) queue: Arc<Queue>,
    /// The actions that are reported; all if empty.
    actions: Arc<[Action]>,
    pub(super) when_full: WhenFull,
    pub(super) user_of: UserOf,
}

impl Settings {
    pub(super) fn reports(&self, action: Action) -> bool {
        self.actions.is_empty() || self.actions.contains(&action)
    }
}

impl AuditLayer {
    /// Creates a layer that reports all requests, and the stream to which it reports, with a queue of at
    /// most `capacity` events between them. Zero counts as one.
    #[must_use]
    pub fn new(capacity: usize) -> (Self, AuditStream) {
        let (queue, drain) = queue(capacity);
        let settings = Settings {
            queue: Arc::new(queue),
            actions: Arc::new([]),
            when_full: WhenFull::default(),
            user_of: verified_user,
        };
        (Self { settings }, AuditStream::new(drain))
    }

    /// Reports requests with this action, in addition to those given before, and no others.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        let before = self.settings.actions.iter().copied();
        self.settings.actions = before.chain([action]).collect();
        self
    }

    /// Sets what happens when the queue is full. Default: [`WhenFull::Drop`].
    #[must_use]
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.settings.when_full = when_full;
        self
    }

    /// Sets how the user of a request is known. Default: [`verified_user`].
    #[must_use]
    pub fn user_of(mut self, user_of: UserOf) -> Self {
        self.settings.user_of = user_of;
        self
    }
}

impl<S> Layer<S> for AuditLayer {
    type Service = Audit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Audit::new(inner, self.settings.clone())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("actions", &self.actions)
            .field("when_full", &self.when_full)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuditLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLayer").field("settings", &self.settings).finish()
    }
}
