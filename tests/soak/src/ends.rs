//! Connections that end gracefully, over sockets and links that take time: no call may be lost.

#[allow(dead_code, unused_imports, reason = "parts that the tests use")]
#[path = "../../ends/load/mod.rs"]
mod load;

use load::{Case, End, Peer, Site};
use rocketmq_tower::{BoxError, MqVersion};
use rocketmq_tower_test_support::Tally;
use std::time::Duration;
use tokio::task::JoinSet;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The number of calls of each kind of peer
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    calls: u64,
    /// Runs only the ends whose names contain this text
    #[arg(long, default_value = "")]
    only: String,
}

const DELAYS: [u64; 4] = [0, 1, 10, 25];
const PEERS: [Peer; 2] = [Peer::Client, Peer::Raw(MqVersion::CURRENT)];

/// Runs every kind of end with every delay and kind of peer, and prints a table.
///
/// # Errors
/// If a call was lost, or a case could not run.
pub(crate) async fn run(options: &Options) -> Result<(), BoxError> {
    let Options { calls, only } = options;
    let ends: Vec<_> =
        End::ALL.into_iter().filter(|end| end.to_string().contains(only.as_str())).collect();
    let calls = calls.div_ceil((ends.len().max(1) * DELAYS.len()) as u64);
    println!(
        "{:11} | {:5} | {:8} | {:>11} | {:>7} | {:>8} | {:>11} | {:>4}",
        "end", "delay", "peer", "connections", "calls", "answered", "unprocessed", "lost"
    );
    let mut totals = PEERS.map(|peer| (peer, Tally::default()));
    for end in ends {
        for (case, connections, tally) in all_delays(end, calls).await? {
            print(
                &case.end.to_string(),
                &format!("{:?}", case.delay),
                case.peer,
                connections,
                &tally,
            );
            if let Some(first) = &tally.first {
                println!("    {first}");
            }
            for (_, total) in totals.iter_mut().filter(|(peer, _)| *peer == case.peer) {
                *total += tally.clone();
            }
        }
    }
    for (peer, total) in &totals {
        print("all", "all", *peer, 0, total);
    }
    match totals.iter().map(|(_, total)| total.lost).sum::<u64>() {
        0 => Ok(()),
        lost => Err(format!("{lost} calls were lost").into()),
    }
}

/// Runs this kind of end with all delays and peers at a time.
async fn all_delays(end: End, calls: u64) -> Result<Vec<(Case, u64, Tally)>, BoxError> {
    let mut cases = JoinSet::new();
    for (number, delay) in DELAYS.map(Duration::from_millis).into_iter().enumerate() {
        for peer in PEERS {
            let case = Case { end, peer, delay, calls };
            cases.spawn(async move {
                let site = Site::tcp();
                let tally = case.run(&site).await?;
                Ok::<_, BoxError>((number, case, site.accepted(), tally))
            });
        }
    }
    let mut done = Vec::new();
    while let Some(case) = cases.join_next().await {
        done.push(case??);
    }
    done.sort_by_key(|(number, case, ..)| (*number, case.peer != Peer::Client));
    Ok(done.into_iter().map(|(_, case, connections, tally)| (case, connections, tally)).collect())
}

fn print(end: &str, delay: &str, peer: Peer, connections: u64, tally: &Tally) {
    let Tally { answered, unprocessed, lost, .. } = tally;
    let connections = if connections == 0 { String::new() } else { connections.to_string() };
    println!(
        "{end:11} | {delay:5} | {:8} | {connections:>11} | {:>7} | {answered:>8} | \
         {unprocessed:>11} | {lost:>4}",
        peer.to_string(),
        tally.calls()
    );
}
