//! Runs a function when a caller gives up and drops its call.

/// Runs a function when it is dropped, unless it was disarmed.
pub(super) struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnDrop<F> {
    pub(super) fn new(given_up: F) -> Self {
        Self(Some(given_up))
    }

    /// Drops the function: the call has ended by itself.
    pub(super) fn disarm(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(given_up) = self.0.take() {
            given_up();
        }
    }
}
