//! Resource usage of processes, from Linux's `/proc`.

use super::server::Server;
use rocketmq_tower::BoxError;
use std::fs;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The unit of times in `/proc`: 1/100 s on all Linux platforms that Rust's standard library
/// supports.
const TICK_MILLIS: u64 = 10;

/// Returns the processor time that a server has used.
pub(super) fn processor(server: &Server) -> Result<Duration, BoxError> {
    server.ids().map(|id| processor_of(&id.to_string())).sum()
}

/// Returns the processor time that a process has used. `id` names its folder in `/proc`.
pub(super) fn processor_of(id: &str) -> Result<Duration, BoxError> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The second field is the name, in parentheses; utime and stime are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
    ticks(fields.split_whitespace().skip(11).take(2))
}

/// Returns the processor time that all processes have used, including time stolen by other virtual
/// machines on the same hardware.
pub(super) fn processor_of_all() -> Result<Duration, BoxError> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user nice system idle iowait irq softirq steal; user includes guest.
    let busy = fields.take(8).enumerate().filter(|(i, _)| ![3, 4].contains(i));
    ticks(busy.map(|(_, field)| field))
}

fn ticks<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Duration, BoxError> {
    let sum = fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(sum * TICK_MILLIS))
}

/// Returns the number of bytes that a server has written to files, including memory-mapped ones. For
/// those, Linux counts a whole folio, of up to 2 MiB, each time it becomes dirty. This overstates
/// servers that flush after each message.
pub(super) fn written(server: &Server) -> Result<u64, BoxError> {
    server.ids().map(|id| figure(&format!("/proc/{id}/io"), "write_bytes:")).sum()
}

/// Returns the number that follows `name` in a file with one name and number per line.
fn figure(file: &str, name: &str) -> Result<u64, BoxError> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.and_then(|line| line.split_whitespace().next());
    Ok(figure.ok_or_else(|| format!("there is no {name} in {file}"))?.parse()?)
}

/// The resident memory of a server, in KiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) all: u64,
    /// Without memory-mapped files, whose pages the system can reclaim.
    pub(super) anonymous: u64,
}

pub(super) fn memory(server: &Server) -> Result<Memory, BoxError> {
    let mut sum = Memory { all: 0, anonymous: 0 };
    for id in server.ids() {
        let status = format!("/proc/{id}/status");
        sum.all += figure(&status, "VmRSS:")?;
        sum.anonymous += figure(&status, "RssAnon:")?;
    }
    Ok(sum)
}

/// Longer than a server keeps working after its last response.
const LIMIT: Duration = Duration::from_secs(10);

/// Waits until a server is idle, for at most [`LIMIT`], so that work which it defers counts for the
/// load that caused it.
pub(super) async fn quiet(server: &Server) -> Result<(), BoxError> {
    const LOOK: Duration = Duration::from_millis(250);
    let end = Instant::now() + LIMIT;
    let mut before = processor(server)?;
    while Instant::now() < end {
        sleep(LOOK).await;
        let now = processor(server)?;
        if now - before < LOOK / 10 {
            break;
        }
        before = now;
    }
    Ok(())
}
