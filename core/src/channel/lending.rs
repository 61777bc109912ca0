//! Handles of a connection that its requests use one after the other.
//!
//! Each request holds a handle of its connection, and so does each observer of it. To make or drop a handle changes a reference
//! count, for which the processor waits. So while a driver is polled, its thread keeps a few of the handles that are dropped for
//! the driver's next requests.

use super::Shared;
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    /// The handles of the driver that is being polled.
    static LENT: Handles = const { Handles::new(0) };
}

/// Spare handles of one connection: one for a request, and one for its observer.
#[derive(Default)]
pub(crate) struct Handles {
    /// The number of the connection whose driver is being polled; 0 outside of a poll.
    id: Cell<u64>,
    spare: [Cell<Option<Arc<Shared>>>; 2],
}

impl Handles {
    /// Keeps handles of the connection with this number.
    pub(crate) const fn new(id: u64) -> Self {
        Self { id: Cell::new(id), spare: [const { Cell::new(None) }; 2] }
    }

    /// Lends the handles to the thread until the result is dropped.
    pub(crate) fn lend(&self) -> Lending<'_> {
        self.exchange();
        Lending(self)
    }

    /// Exchanges these handles for those of the thread, as drivers may be polled within each other.
    fn exchange(&self) {
        // Fails only while the thread ends.
        _ = LENT.try_with(|lent| {
            lent.id.swap(&self.id);
            lent.spare.iter().zip(&self.spare).for_each(|(lent, own)| lent.swap(own));
        });
    }
}

/// The handles of a driver are lent until this is dropped.
#[must_use]
pub(crate) struct Lending<'a>(&'a Handles);

impl Drop for Lending<'_> {
    fn drop(&mut self) {
        self.0.exchange();
    }
}

/// Returns a handle of the connection: a spare one if there is one.
#[inline]
pub(crate) fn handle(shared: &Arc<Shared>) -> Arc<Shared> {
    let spare = LENT.try_with(|lent| {
        let [first, second] = &lent.spare;
        if lent.id.get() == shared.id { first.take().or_else(|| second.take()) } else { None }
    });
    spare.ok().flatten().unwrap_or_else(|| Arc::clone(shared))
}

/// Drops a handle, or keeps it if its driver is being polled.
#[inline]
pub(crate) fn give_back(handle: Arc<Shared>) {
    // Fails only while the thread ends.
    _ = LENT.try_with(move |lent| {
        if lent.id.get() == handle.id {
            let [first, second] = &lent.spare;
            // In most cases, both places were empty.
            second.set(first.replace(Some(handle)).or_else(|| second.take()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelInfo;

    #[test]
    fn a_handle_that_is_dropped_is_used_for_the_next_request() {
        let shared = Shared::new(ChannelInfo::default());
        let handles = Handles::new(shared.id);
        let lending = handles.lend();
        give_back(handle(&shared));
        give_back(Arc::clone(&shared));
        assert_eq!(Arc::strong_count(&shared), 3, "two are spare");
        let three = [handle(&shared), handle(&shared), handle(&shared)];
        assert_eq!(Arc::strong_count(&shared), 4, "one is new");
        three.into_iter().for_each(give_back);
        assert_eq!(Arc::strong_count(&shared), 3);
        drop(lending);
        drop(handles);
        assert_eq!(Arc::strong_count(&shared), 1, "the thread keeps none");
    }

    #[test]
    fn a_connection_gets_its_own_handles_only() {
        let (outer, inner) =
            (Shared::new(ChannelInfo::default()), Shared::new(ChannelInfo::default()));
        let (outer_handles, inner_handles) = (Handles::new(outer.id), Handles::new(inner.id));
        let lending = outer_handles.lend();
        give_back(Arc::clone(&outer));
        let nested = inner_handles.lend();
        assert!(Arc::ptr_eq(&handle(&inner), &inner));
        give_back(Arc::clone(&outer));
        assert_eq!(Arc::strong_count(&outer), 2, "the second one is dropped");
        give_back(Arc::clone(&inner));
        drop(nested);
        assert!(Arc::ptr_eq(&handle(&outer), &outer));
        assert_eq!((Arc::strong_count(&outer), Arc::strong_count(&inner)), (1, 2));
        drop(lending);
    }

    #[test]
    fn outside_of_a_poll_handles_are_made_and_dropped() {
        let shared = Shared::new(ChannelInfo::default());
        give_back(handle(&shared));
        assert_eq!(Arc::strong_count(&shared), 1);
    }
}
