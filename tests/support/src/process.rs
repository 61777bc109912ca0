//! Measures the resources that a process uses, on Linux.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::str::FromStr;

/// A process of this system. Every method fails if the process has ended or there is no `/proc`.
#[derive(Clone, Copy, Debug)]
pub struct Process(u32);

impl Process {
    /// Returns this process.
    #[must_use]
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// Returns the process with this id.
    #[must_use]
    pub const fn of(id: u32) -> Self {
        Self(id)
    }

    /// Returns the id of the process.
    #[must_use]
    pub const fn id(self) -> u32 {
        self.0
    }

    /// Returns the current resident memory in bytes.
    ///
    /// # Errors
    /// See [`Process`].
    pub fn resident(self) -> Result<usize> {
        self.memory("VmRSS:")
    }

    /// Returns the peak resident memory in bytes.
    ///
    /// # Errors
    /// See [`Process`].
    pub fn peak(self) -> Result<usize> {
        self.memory("VmHWM:")
    }

    /// Returns the virtual memory that was requested, used or not, in bytes.
    ///
    /// # Errors
    /// See [`Process`].
    pub fn reserved(self) -> Result<usize> {
        self.memory("VmData:")
    }

    /// Returns the number of open files.
    ///
    /// # Errors
    /// See [`Process`].
    pub fn files(self) -> Result<usize> {
        Ok(fs::read_dir(self.path("fd"))?.count())
    }

    /// Returns the processor time used, in hundredths of a second.
    ///
    /// # Errors
    /// See [`Process`].
    pub fn ticks(self) -> Result<u64> {
        let stat = fs::read_to_string(self.path("stat"))?;
        // The name, in parentheses, may hold blanks.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let mut used = fields.split(' ').skip(11).map(number::<u64>);
        Ok(used.next().unwrap_or_else(missing)? + used.next().unwrap_or_else(missing)?)
    }

    fn memory(self, field: &str) -> Result<usize> {
        let status = fs::read_to_string(self.path("status"))?;
        let kib = status.lines().find_map(|line| line.strip_prefix(field)?.strip_suffix(" kB"));
        Ok(1024 * kib.map_or_else(missing, number::<usize>)?)
    }

    fn path(self, file: &str) -> String {
        format!("/proc/{}/{file}", self.0)
    }
}

fn number<T: FromStr>(text: &str) -> Result<T> {
    text.trim().parse().or_else(|_| missing())
}

fn missing<T>() -> Result<T> {
    Err(Error::from(ErrorKind::InvalidData))
}
