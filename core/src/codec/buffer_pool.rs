//! Reuses the allocations of long frames.
//!
//! The system's allocator usually returns memory of this size to the kernel. The page faults for
//! new memory, one for each 4 KiB, then cost as much as reading and writing the frame. So each
//! thread keeps a few allocations.

use bytes::BytesMut;
use std::cell::RefCell;
use std::collections::VecDeque;

/// Number of allocations that a thread keeps. Together they have at most 20 MiB.
const KEPT: usize = 4;

/// Allocations for longer frames, in bytes, are not kept. By default, a broker accepts messages of
/// at most 4 MiB.
const LONGEST: usize = 5 << 20;

/// An allocation is reused only for frames of at least this fraction (one in `PART`) of its size,
/// as keeping a frame's body keeps the whole allocation.
const PART: usize = 4;

thread_local! {
    static SPARES: RefCell<VecDeque<BytesMut>> = const { RefCell::new(VecDeque::new()) };
}

/// Keeps the allocation that `end` is a part of and that was made for a frame of this length. It
/// can be reused once all other parts are dropped.
pub(super) fn keep(mut end: BytesMut, frame: usize) {
    if frame > LONGEST {
        return;
    }
    end.clear();
    // Fails only while the thread ends, when keeping it would be pointless.
    _ = SPARES.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        if spares.len() == KEPT {
            spares.pop_front();
        }
        spares.push_back(end);
    });
}

/// Takes a kept allocation for a frame of this length, limited to that capacity. Returns `None` if
/// none is free and of a suitable size.
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
