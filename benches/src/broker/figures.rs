//! Measures a broker under a load.

use crate::outcome::{Measuring, Outcome};
use crate::usage;
use hdrhistogram::Histogram;
use rocketmq_tower::BoxError;
use std::fmt;
use std::time::Duration;

/// The figures of one run. The outcome's requests are sends or pulled messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) outcome: Outcome,
    /// Bytes written to files per byte of the messages' records.
    pub(crate) written: f64,
    /// Bytes read from the disk per byte of the messages' records.
    pub(crate) read: f64,
    /// The highest resident memory without mapped files, in MiB.
    pub(crate) anonymous: f64,
}

/// The state of a broker's process before a load.
struct Before {
    pid: u32,
    processor: Duration,
    written: u64,
    read: u64,
    /// The highest so far.
    anonymous: u64,
}

/// A measurement that has begun.
pub(super) struct Watch {
    before: Before,
    measuring: Measuring,
}

impl Watch {
    pub(super) fn start(pid: u32) -> Result<Self, BoxError> {
        let before = Before {
            pid,
            processor: usage::processor(pid)?,
            written: usage::written(pid)?,
            read: usage::read(pid)?,
            anonymous: usage::anonymous(pid)?,
        };
        Ok(Self { before, measuring: Measuring::start(pid)? })
    }

    /// Looks at the memory.
    pub(super) fn look(&mut self) -> Result<(), BoxError> {
        let before = &mut self.before;
        before.anonymous = before.anonymous.max(usage::anonymous(before.pid)?);
        Ok(())
    }

    /// Ends the time of the load.
    pub(super) fn stop(
        mut self,
        messages: u64,
        times: &Histogram<u64>,
    ) -> Result<Stopped, BoxError> {
        self.look()?;
        Ok(Stopped { before: self.before, outcome: self.measuring.end(messages, times)? })
    }
}

/// A measurement whose load has ended, while the broker may still work for it.
pub(super) struct Stopped {
    before: Before,
    outcome: Outcome,
}

impl Stopped {
    /// Waits until the broker has finished its work. There were `messages` messages altogether, with
    /// `stored` bytes of records.
    pub(super) async fn end(self, messages: u64, stored: f64) -> Result<Figures, BoxError> {
        let Self { before, outcome } = self;
        usage::quiet(before.pid).await?;
        let processor = usage::processor(before.pid)? - before.processor;
        let per_byte = |now: u64, before: u64| now.saturating_sub(before) as f64 / stored;
        Ok(Figures {
            outcome: Outcome { server: processor.as_secs_f64() * 1e6 / messages as f64, ..outcome },
            written: per_byte(usage::written(before.pid)?, before.written),
            read: per_byte(usage::read(before.pid)?, before.read),
            anonymous: before.anonymous as f64 / f64::from(1 << 20),
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outcome, written, read, anonymous } = self;
        writeln!(f, "{outcome}")?;
        write!(f, "per byte stored: {written:.2} bytes written, {read:.2} read; ")?;
        write!(f, "anonymous memory {anonymous:.1} MiB")
    }
}
