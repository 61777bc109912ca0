//! Lends blocks of memory to the connections of a thread, one after the other.
//!
//! A connection needs a block to read and one to write only while it is polled, unless a part of a frame stays there.
//! With thousands of connections, the few blocks of a thread stay in the processor's cache, and nothing is allocated.

use super::BLOCK;
use bytes::BytesMut;
use std::cell::RefCell;

/// The number of blocks that a thread keeps: those of two connections that belong together. Together they have at most 64 KiB.
const KEPT: usize = 4;

thread_local! {
    static SPARES: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// Returns an empty block with room for at least [`BLOCK`] bytes.
pub(crate) fn take() -> BytesMut {
    // Fails only while the thread ends.
    let spare = SPARES.try_with(|spares| spares.borrow_mut().pop()).ok().flatten();
    spare.unwrap_or_else(|| BytesMut::with_capacity(BLOCK))
}

/// Keeps a block for others, unless it has another size, or somebody holds a part of it.
pub(crate) fn give_back(mut block: BytesMut) {
    block.clear();
    if !block.try_reclaim(BLOCK) || block.capacity() > 2 * BLOCK {
        return;
    }
    _ = SPARES.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        if spares.len() < KEPT {
            spares.push(block);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, KEPT, SPARES, give_back, take};
    use bytes::{Buf, BytesMut};

    fn spares() -> usize {
        SPARES.with_borrow(Vec::len)
    }

    #[test]
    fn a_block_is_used_again_once_nobody_holds_a_part_of_it() {
        let mut block = take();
        block.extend_from_slice(&[1; 100]);
        let part = block.split_to(60);
        give_back(block);
        assert_eq!(spares(), 0, "{part:?} is held");
        let mut block = take();
        block.extend_from_slice(&[1; BLOCK]);
        drop(block.split_to(BLOCK / 2));
        block.advance(10);
        give_back(block);
        assert_eq!(spares(), 1);
        let block = take();
        assert!(block.is_empty() && block.capacity() >= BLOCK, "{}", block.capacity());
    }

    #[test]
    fn a_thread_keeps_a_few_blocks_of_the_usual_size() {
        give_back(BytesMut::new());
        give_back(BytesMut::with_capacity(BLOCK / 2));
        give_back(BytesMut::with_capacity(64 * BLOCK));
        assert_eq!(spares(), 0);
        let blocks: Vec<_> = (0..2 * KEPT).map(|_| take()).collect();
        blocks.into_iter().for_each(give_back);
        assert_eq!(spares(), KEPT);
    }
}
