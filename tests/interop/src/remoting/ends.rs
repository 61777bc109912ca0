//! Our server, whose connections end gracefully while Java's client calls over links that take time.

#[allow(dead_code, unused_imports, reason = "the callers of the other tests")]
#[path = "../../../ends/load/mod.rs"]
mod load;

use super::java;
use crate::check::Checked;
use load::{End, Lives, Site};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::{BoxError, SerializeType};
use rocketmq_tower_test_support::{Tally, delaying_proxy};
use std::time::Duration;

const ENDS: [End; 4] = [End::Drain, End::HandOver, End::MaxAge, End::Idle];
/// The time between two ends, without the delays: long enough for Java to send all calls again.
const EVERY: Duration = Duration::from_millis(400);

/// Runs every kind of end with two delays, for a server that has patience with a slow machine.
pub(crate) async fn check(class_path: &str) -> Checked {
    let config = ConnectionConfig::server();
    run(class_path, &[1, 10], 12_000, 10 * config.linger).await
}

/// Runs every kind of end with all delays, for a server with the defaults.
pub(crate) async fn check_for_long(class_path: &str, calls: u64) -> Checked {
    run(class_path, &[0, 1, 10, 25], calls, ConnectionConfig::server().linger).await
}

/// Runs every kind of end with these delays in milliseconds, with about this number of calls in all.
/// Prints a table. Fails if a call was lost.
async fn run(class_path: &str, delays: &[u64], calls: u64, linger: Duration) -> Checked {
    let share = calls.div_ceil((ENDS.len() * delays.len()) as u64);
    let mut total = Tally::default();
    println!("end         | delay | connections | calls  | answered | unprocessed | lost");
    for end in ENDS {
        for delay in delays.iter().copied().map(Duration::from_millis) {
            let site = Site::tcp().linger(linger);
            let (connections, tally) = call(&site, class_path, end, delay, share).await?;
            print(&end.to_string(), &format!("{delay:?}"), &connections.to_string(), &tally);
            if let Some(errors) = &tally.first {
                println!("{errors}");
            }
            total += tally;
        }
    }
    print("all", "all", "", &total);
    if total.lost == 0 { Ok(()) } else { Err(format!("{} calls were lost", total.lost).into()) }
}

/// Returns the number of connections, and what became of the calls.
async fn call(
    site: &Site,
    class_path: &str,
    end: End,
    delay: Duration,
    calls: u64,
) -> Result<(u64, Tally), BoxError> {
    let (addr, proxy) = delaying_proxy(site.addr()?, delay).await?;
    let idle = if end == End::Idle { load::IDLE.as_millis() } else { 0 };
    let plain = Site::tcp();
    let warm = plain.start(Lives::default())?;
    let arguments =
        [addr.to_string(), plain.addr()?.to_string(), calls.to_string(), idle.to_string()];
    let calling = java::output(class_path, SerializeType::Json, "interop.Ends", &arguments);
    let output = end.serve(site, EVERY + 6 * delay, calling).await??;
    proxy.abort();
    warm.abort();
    let (errors, line) = output.trim_end().rsplit_once('\n').unwrap_or(("", output.trim_end()));
    let first = Some(errors.to_owned()).filter(|errors| !errors.is_empty());
    let counts: Result<Vec<u64>, _> = line.split(' ').map(str::parse).collect();
    let [answered, unprocessed, lost] = counts?[..] else { return Err(output.into()) };
    let tally = Tally { answered, unprocessed, lost, first };
    if tally.calls() != calls {
        return Err(format!("{} of {calls} calls ended", tally.calls()).into());
    }
    Ok((site.accepted(), tally))
}

fn print(end: &str, delay: &str, connections: &str, tally: &Tally) {
    let Tally { answered, unprocessed, lost, .. } = tally;
    println!(
        "{end:11} | {delay:5} | {connections:>11} | {:>6} | {answered:>8} | {unprocessed:>11} | {lost:>4}",
        tally.calls()
    );
}
