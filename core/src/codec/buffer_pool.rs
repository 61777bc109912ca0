//! Allocations of long frames, to be used again.
//!
//! The system's allocator gives memory of this size back to the kernel, as a rule, and a page fault
//! for every 4 KiB costs as much as it takes to read and write them. So each thread keeps a few.

use bytes::BytesMut;
use std::cell::RefCell;
use std::collections::VecDeque;

/// How many a thread keeps: 20 MiB at most.
const KEPT: usize = 4;

/// Longer ones are not kept: the longest message that a broker takes by default has 4 MiB.
const LONGEST: usize = 5 << 20;

/// An allocation is used for frames of this part of its size and longer, as who keeps the body keeps
/// all of it.
const PART: usize = 4;

thread_local! {
    static SPARES: RefCell<VecDeque<BytesMut>> = const { RefCell::new(VecDeque::new()) };
}

/// Keeps the allocation that `end` is a part of, which was made for a frame of this length. It can be
/// used once all other parts are dropped.
pub(super) fn keep(mut end: BytesMut, frame: usize) {
    if frame > LONGEST {
        return;
    }
    end.clear();
    // When the thread ends, there is nothing to keep it for.
    _ = SPARES.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        if spares.len() == KEPT {
            spares.pop_front();
        }
        spares.push_back(end);
    });
}

/// An allocation for a frame of this length, with room for no more than that.
pub(super) fn take(frame: usize) -> Option<BytesMut> {
    SPARES
        .try_with(|spares| {
            let mut spares = spares.borrow_mut();
            let at = spares
                .iter_mut()
                .position(|spare| spare.try_reclaim(frame) && spare.capacity() <= PART * frame)?;
            let mut spare = spares.remove(at)?;
            _ = spare.split_off(frame);
            Some(spare)
        })
        .ok()?
}
