//! What a layer does that answers by itself after readiness was asked for.

use std::mem;

/// A service that is ready and, when this is dropped, will not be called: a layer answers by itself
/// or panicked. What `poll_ready` reserved in it would be kept until the next request, and if a
/// limit is shared with other connections, kept from them. A clone has reserved nothing.
pub(crate) struct Unused<'a, S: Clone>(&'a mut S);

impl<'a, S: Clone> Unused<'a, S> {
    pub(crate) fn new(service: &'a mut S) -> Self {
        Self(service)
    }

    /// It will be called after all.
    pub(crate) fn keep(self) {
        mem::forget(self);
    }
}

impl<S: Clone> Drop for Unused<'_, S> {
    fn drop(&mut self) {
        let fresh = self.0.clone();
        *self.0 = fresh;
    }
}
