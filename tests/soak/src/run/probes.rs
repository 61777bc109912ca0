//! Measures the process, as reported by Linux and tokio.

use rocketmq_tower::BoxError;
use rocketmq_tower_test_support::Process;
use std::fmt;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Probes {
    /// The resident memory, in KiB.
    pub(crate) resident: usize,
    /// The peak of the resident memory, in KiB.
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

    /// Returns what the process holds that it did not hold before.
    pub(crate) fn audit(&self, before: &Self) -> Vec<String> {
        let mut faults = Vec::new();
        for (what, now, then) in
            [("tasks", self.tasks, before.tasks), ("open files", self.files, before.files)]
        {
            if now != then {
                faults.push(format!("{now} {what} left, {then} before"));
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
