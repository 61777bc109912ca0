//! Processor time and memory of processes, as reported by Linux.

use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use rocketmq_tower::BoxError;
use std::fs;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The unit of times in `/proc/stat`: 1/100 s.
const TICK_MILLIS: u64 = 10;

/// The processor time that a process has used, including threads that have ended. It is exact: it
/// comes from the scheduler.
pub(crate) fn processor(pid: u32) -> Result<Duration, BoxError> {
    let pid = Pid::from_raw(i32::try_from(pid)?);
    Ok(Duration::from(clock_getcpuclockid(pid)?.now()?))
}

/// The processor time that this process has used.
pub(crate) fn processor_of_self() -> Result<Duration, BoxError> {
    let used: TimeSpec = ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?;
    Ok(Duration::from(used))
}

/// The processor time of all processes, and of other machines on the same hardware.
pub(crate) fn processor_of_all() -> Result<Duration, BoxError> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user nice system idle iowait irq softirq steal; guests are in user.
    let busy = fields.take(8).enumerate().filter(|(i, _)| ![3, 4].contains(i));
    let ticks = busy.map(|(_, field)| field.parse::<u64>()).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * TICK_MILLIS))
}

/// The resident memory of a process, in bytes.
pub(crate) fn resident(pid: u32) -> Result<u64, BoxError> {
    Ok(field(pid, "status", "VmRSS:")? * 1024)
}

/// The resident memory of a process without mapped files, in bytes.
pub(crate) fn anonymous(pid: u32) -> Result<u64, BoxError> {
    Ok(field(pid, "status", "RssAnon:")? * 1024)
}

/// The bytes that a process has caused to be written to the disk, counted when it writes them to a
/// file. For a mapped file, a whole folio counts when one of its bytes is written.
pub(crate) fn written(pid: u32) -> Result<u64, BoxError> {
    field(pid, "io", "write_bytes:")
}

/// The bytes that a process has caused to be read from the disk.
pub(crate) fn read(pid: u32) -> Result<u64, BoxError> {
    field(pid, "io", "read_bytes:")
}

/// The number after `name` in a file of `/proc/PID`.
fn field(pid: u32, file: &str, name: &str) -> Result<u64, BoxError> {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or_else(|| format!("no {name}"))?.parse()?)
}

/// Waits until a process is almost idle, for at most 5 s: work that it defers belongs to the load that
/// caused it.
pub(crate) async fn quiet(pid: u32) -> Result<(), BoxError> {
    const LOOK: Duration = Duration::from_millis(100);
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut before = processor(pid)?;
    while Instant::now() < deadline {
        sleep(LOOK).await;
        let now = processor(pid)?;
        if now - before < LOOK / 10 {
            break;
        }
        before = now;
    }
    Ok(())
}

/// Processor time so far: of the server, of this process, and of the whole machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    server: Duration,
    own: Duration,
    all: Duration,
}

impl Usage {
    pub(crate) fn now(server: u32) -> Result<Self, BoxError> {
        let (server, own) = (processor(server)?, processor_of_self()?);
        Ok(Self { server, own, all: processor_of_all()? })
    }

    /// Returns the time used since `before`: by the server, by this process, and by all others.
    pub(crate) fn since(&self, before: &Self) -> (Duration, Duration, Duration) {
        let (server, own) = (self.server - before.server, self.own - before.own);
        let all = self.all.saturating_sub(before.all);
        (server, own, all.saturating_sub(server + own))
    }
}
