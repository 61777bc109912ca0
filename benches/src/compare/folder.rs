//! The folder of a broker's files.

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use rocketmq_tower::BoxError;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// An empty folder beside this program, on a real disk. Dropping it deletes it.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Result<Self, BoxError> {
        let path = std::env::current_exe()?.with_file_name(format!("benches-{name}"));
        // A run that was interrupted leaves it.
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Removes all files from the page cache. The kernel keeps pages that a process has mapped.
    pub(crate) fn evict(&self) -> Result<(), BoxError> {
        // It keeps pages that are not on the disk yet, too.
        nix::unistd::sync();
        evict(&self.0)
    }
}

fn evict(folder: &Path) -> Result<(), BoxError> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => evict(&entry.path())?,
            false => {
                // A running broker may have deleted it.
                let Ok(file) = File::open(entry.path()) else { continue };
                posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
            }
        }
    }
    Ok(())
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} cannot be deleted: {error}", self.0.display());
        }
    }
}
