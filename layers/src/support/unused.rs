//! Moves or releases a service whose readiness is reserved.

use std::mem;

/// Takes a ready service out of a layer's service, to call it later. A clone, which has reserved
/// nothing, takes its place.
pub(crate) fn take_ready<S: Clone>(service: &mut S) -> S {
    let fresh = service.clone();
    mem::replace(service, fresh)
}

/// Guards a ready service. On drop, the service will not be called, since the layer responds by
/// itself or panicked, and is replaced by a clone. Otherwise it would keep the permits that
/// `poll_ready` reserved until the next request; if a limit is shared, other connections would lack
/// them. A clone has reserved nothing.
pub(crate) struct Unused<'a, S: Clone>(&'a mut S);

impl<'a, S: Clone> Unused<'a, S> {
    pub(crate) fn new(service: &'a mut S) -> Self {
        Self(service)
    }

    /// Keeps the service: it will be called after all.
    pub(crate) fn keep(self) {
        mem::forget(self);
    }
}

impl<S: Clone> Drop for Unused<'_, S> {
    fn drop(&mut self) {
        drop(take_ready(self.0));
    }
}
