//! The allocator.
//!
//! A message is allocated by one thread and freed by another, which is slow with the system's allocator, and
//! lets others keep much memory that is free. jemalloc gives it back, if it is told to do so soon and if all
//! threads allocate from the same arena.

#[cfg(not(target_env = "msvc"))]
pub(super) use jemalloc::{set_up, share_arena};

/// Does nothing: jemalloc cannot be built for this system.
#[cfg(target_env = "msvc")]
pub(super) fn set_up() {}

/// Does nothing: jemalloc cannot be built for this system.
#[cfg(target_env = "msvc")]
pub(super) fn share_arena() {}

#[cfg(not(target_env = "msvc"))]
mod jemalloc {
    use tikv_jemalloc_ctl::{Access, AsName};

    #[global_allocator]
    static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

    /// The time after which free memory has been given back to the system, in ms. jemalloc's default is 10 s.
    const DECAY: isize = 50;

    /// Sets when memory is given back. To be called by the first thread, whose arena is the first.
    pub(crate) fn set_up() {
        // Without it, the program only takes more memory.
        _ = b"arenas.dirty_decay_ms\0".name().write(DECAY);
        _ = b"arenas.muzzy_decay_ms\0".name().write(0_isize);
        _ = b"arena.0.dirty_decay_ms\0".name().write(DECAY);
        _ = b"arena.0.muzzy_decay_ms\0".name().write(0_isize);
    }

    /// Lets the current thread allocate from the first arena.
    pub(crate) fn share_arena() {
        _ = b"thread.arena\0".name().write(0_u32);
    }
}
