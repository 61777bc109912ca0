//! Files and folders behind small traits: those of the operating system, and for tests a
//! [`simulated::Disk`] that loses what was not synced.

mod real;
#[cfg(test)]
pub(crate) mod simulated;

pub(crate) use real::{RealFolder, create_folder};
use std::io;
use std::sync::Arc;

/// Returns whether there is no room on the disk, or none that this user may use.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Returns whether a file could not be opened as too many are open: `EMFILE` of the process or `ENFILE`
/// of the system.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

/// A folder of files. All methods may block.
pub(crate) trait Folder: Send + Sync + 'static {
    /// Creates an empty file to read and write. Fails with [`io::ErrorKind::AlreadyExists`] if there
    /// is a file of this name.
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// Opens a file to read and write. Fails with [`io::ErrorKind::NotFound`] if there is no
    /// file of this name.
    fn open(&self, name: &str) -> io::Result<Arc<dyn File>>;

    /// Gives a file another name. A file that has that name is removed.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. Those that have it open can still read it.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Returns the names of all files, sorted.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes files that were created, renamed and removed stay so after a loss of power. What the files
    /// hold is not part of it.
    fn sync(&self) -> io::Result<()>;
}

/// An open file, which several threads may read and write at once.
pub(crate) trait File: Send + Sync + 'static {
    /// Fills `bytes` with those from `offset` on. Fails with [`io::ErrorKind::UnexpectedEof`] if the
    /// file ends before.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;

    /// Fills `bytes` with those from `offset` on if the system has all of them in memory. Returns whether
    /// it did; if not, any part of `bytes` may have changed.
    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> bool;

    /// Writes all of `bytes` at `offset`, also after the end of the file. After an error, any part of
    /// them may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes all that was written stay after a loss of power, as well as the length. After an error,
    /// any part of it may be lost, and another call does not help.
    fn sync_data(&self) -> io::Result<()>;

    /// Cuts the file, or fills it up with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns the length in bytes.
    fn len(&self) -> io::Result<u64>;
}
