//! What the process holds, as Linux and tokio tell.

use rocketmq_tower::BoxError;
use rocketmq_tower_test_support::Process;
use std::fmt;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Probes {
    /// In KiB.
    pub(crate) resident: usize,
    /// The most that it ever was, in KiB.
    pub(crate) peak: usize,
    pub(crate) files: usize,
    pub(crate) tasks: usize,
}

impl Probes {
    pub(crate) fn take() -> Result<Self, BoxError> {
        let own = Process::own();
        Ok(Self {
            resident: own.resident()? >> 10,
            peak: own.peak()? >> 10,
            files: own.files()?,
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        })
    }

    /// Whether anything is left that was not there before.
    pub(crate) fn audit(&self, before: &Self) -> Vec<String> {
        let mut faults = Vec::new();
        for (what, now, then) in
            [("tasks", self.tasks, before.tasks), ("open files", self.files, before.files)]
        {
            if now != then {
                faults.push(format!("{now} {what} are left, there were {then}"));
            }
        }
        faults
    }
}

impl fmt::Display for Probes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resident, files, tasks, .. } = self;
        write!(f, "{} MiB, {files} files, {tasks} tasks", resident / 1024)
    }
}
