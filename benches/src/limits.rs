//! How many files a process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Enough for 20,000 connections, and some more for everything else.
const WANTED: u64 = 65_536;

/// Raises the limit of open files as far as this user may; children inherit it. Returns what it is
/// then.
pub(crate) fn raise_open_files() -> nix::Result<u64> {
    // Only root may raise the hard limit; all others go up to where it is.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= WANTED {
        return Ok(soft);
    }
    if setrlimit(Resource::RLIMIT_NOFILE, WANTED, hard.max(WANTED)).is_err() {
        setrlimit(Resource::RLIMIT_NOFILE, hard.min(WANTED), hard)?;
    }
    getrlimit(Resource::RLIMIT_NOFILE).map(|(soft, _)| soft)
}
