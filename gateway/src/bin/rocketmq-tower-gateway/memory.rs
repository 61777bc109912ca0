//! The allocator.
//!
//! Buffers are allocated and freed with every request, and the system's allocator gives their pages back to the system and takes them
//! again. jemalloc keeps them for a short time.

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Sets that free memory is given back after a second. To be called before there are other threads.
#[cfg(not(target_env = "msvc"))]
pub(crate) fn set_up() {
    use tikv_jemalloc_ctl::{Access, AsName};
    // Without it, memory is given back after 10 s.
    _ = b"arenas.dirty_decay_ms\0".name().write(1000_isize);
    _ = b"arena.0.dirty_decay_ms\0".name().write(1000_isize);
}

/// Does nothing: jemalloc cannot be built for this system.
#[cfg(target_env = "msvc")]
pub(crate) fn set_up() {}
