//! Measures a broker under a load.

use crate::outcome::{Measuring, Outcome};
use crate::usage;
use hdrhistogram::Histogram;
use rocketmq_tower::BoxError;
use std::fmt;

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

/// A measurement that has begun.
pub(super) struct Watch {
    pid: u32,
    measuring: Measuring,
    processor: std::time::Duration,
    written: u64,
    read: u64,
    anonymous: u64,
}

impl Watch {
    pub(super) fn start(pid: u32) -> Result<Self, BoxError> {
        Ok(Self {
            pid,
            processor: usage::processor(pid)?,
            written: usage::written(pid)?,
            read: usage::read(pid)?,
            anonymous: usage::anonymous(pid)?,
            measuring: Measuring::start(pid)?,
        })
    }

    /// Looks at the memory.
    pub(super) fn look(&mut self) -> Result<(), BoxError> {
        self.anonymous = self.anonymous.max(usage::anonymous(self.pid)?);
        Ok(())
    }

    /// Ends the time of the load.
    pub(super) fn stop(self, messages: u64, times: &Histogram<u64>) -> Result<Stopped, BoxError> {
        let Self { pid, measuring, processor, written, read, anonymous } = self;
        let outcome = measuring.end(messages, times)?;
        Ok(Stopped { pid, outcome, processor, written, read, anonymous })
    }
}

/// A measurement whose load has ended, while the broker may still work for it.
pub(super) struct Stopped {
    pid: u32,
    outcome: Outcome,
    processor: std::time::Duration,
    written: u64,
    read: u64,
    anonymous: u64,
}

impl Stopped {
    /// Waits until the broker has finished its work. There were `messages` messages altogether, whose
    /// records have `stored` bytes altogether.
    pub(super) async fn end(self, messages: u64, stored: f64) -> Result<Figures, BoxError> {
        usage::quiet(self.pid).await?;
        let processor = usage::processor(self.pid)? - self.processor;
        let anonymous = self.anonymous.max(usage::anonymous(self.pid)?);
        let per_byte = |now: u64, before: u64| now.saturating_sub(before) as f64 / stored;
        Ok(Figures {
            outcome: Outcome {
                server: processor.as_secs_f64() * 1e6 / messages as f64,
                ..self.outcome
            },
            written: per_byte(usage::written(self.pid)?, self.written),
            read: per_byte(usage::read(self.pid)?, self.read),
            anonymous: anonymous as f64 / f64::from(1 << 20),
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
