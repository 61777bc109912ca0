//! A directory for the servers' files.

use std::fs;
use std::io;
use std::path::PathBuf;

/// A directory of this process. Dropping it deletes the directory.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let path = path(std::process::id(), name);
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Removes what a process has left that was killed.
    pub(crate) fn remove_of(id: u32, name: &str) {
        // Most have left nothing.
        _ = fs::remove_dir_all(path(id, name));
    }

    /// Creates a directory in it.
    pub(crate) fn directory(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        fs::create_dir(&path)?;
        Ok(path)
    }
}

fn path(id: u32, name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("rocketmq-tower-interop-{id}-{name}"))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} cannot be deleted: {error}", self.0.display());
        }
    }
}
