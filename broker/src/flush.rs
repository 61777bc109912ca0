//! The option for flushing the disk.

/// Selects when a message counts as stored, so that its producer gets a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flush {
    /// When it is on the disk (fsync): it survives the machine.
    Sync,
    /// When the operating system has it: it survives the process, but not the machine.
    Async,
}
