//! What processes use, as Linux tells it in `/proc`.

use super::server::Server;
use rocketmq_tower::BoxError;
use std::fs;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What times in `/proc` are counted in: 1/100 s, on all of Linux's platforms that Rust's standard
/// library runs on.
const TICK_MILLIS: u64 = 10;

/// The processor time that a server has used.
pub(super) fn processor(server: &Server) -> Result<Duration, BoxError> {
    server.ids().map(|id| processor_of(&id.to_string())).sum()
}

/// The processor time that a process has used, by the name of its folder.
pub(super) fn processor_of(id: &str) -> Result<Duration, BoxError> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The second field is a name in brackets; utime and stime are the fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
    ticks(fields.split_whitespace().skip(11).take(2))
}

/// The processor time that was used by whoever it was, other machines on the same hardware included.
pub(super) fn processor_of_all() -> Result<Duration, BoxError> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    // user nice system idle iowait irq softirq steal; guests are in user.
    let busy = fields.take(8).enumerate().filter(|(i, _)| ![3, 4].contains(i));
    ticks(busy.map(|(_, field)| field))
}

fn ticks<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Duration, BoxError> {
    let sum = fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(sum * TICK_MILLIS))
}

/// How many bytes a server has had written to files: what it wrote, and the parts of files in its
/// memory that it changed. Of these, Linux counts a whole folio, which may have 2 MiB, each time that
/// it becomes dirty: far too much, if it is flushed after each message.
pub(super) fn written(server: &Server) -> Result<u64, BoxError> {
    server.ids().map(|id| figure(&format!("/proc/{id}/io"), "write_bytes:")).sum()
}

/// A line of a file that has a name on each line, and then a number.
fn figure(file: &str, name: &str) -> Result<u64, BoxError> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.and_then(|line| line.split_whitespace().next());
    Ok(figure.ok_or_else(|| format!("there is no {name} in {file}"))?.parse()?)
}

/// What of a server is in memory, in KiB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) all: u64,
    /// Without parts of files, which the system can take back.
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

/// Longer than a server works after the last answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Waits until a server has nothing to do, or for [`LIMIT`]: what it puts off belongs to what it was
/// asked for.
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
