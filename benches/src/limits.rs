//! The limit of open files of this process.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Enough for 20,000 connections, and some more for everything else.
const WANTED: u64 = 65_536;

/// Raises the limit of open files as far as this user may; child processes inherit it. Returns the
/// new limit.
pub(crate) fn raise_open_files() -> nix::Result<u64> {
    // Only root may raise the hard limit; all others may raise the soft limit up to it.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= WANTED {
        return Ok(soft);
    }
    if setrlimit(Resource::RLIMIT_NOFILE, WANTED, hard.max(WANTED)).is_err() {
        setrlimit(Resource::RLIMIT_NOFILE, hard.min(WANTED), hard)?;
    }
    getrlimit(Resource::RLIMIT_NOFILE).map(|(soft, _)| soft)
}
