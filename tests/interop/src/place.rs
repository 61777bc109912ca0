//! Where a process runs.

use std::ffi::OsStr;
use std::process::Command;

/// The network that a process has.
#[derive(Clone, Debug, Default)]
pub(crate) enum Place {
    /// That of this process.
    #[default]
    Here,
    /// The network namespace with this name.
    Namespace(String),
}

impl Place {
    /// Returns a command that runs the program there. The process has the id of the command: it is replaced, not started, by `ip`.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        match self {
            Self::Here => Command::new(program),
            Self::Namespace(name) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", name]).arg(program);
                command
            }
        }
    }
}
