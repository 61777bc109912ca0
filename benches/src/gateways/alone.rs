//! The gateway itself, in front of a server that does next to nothing: beside the bare forwarding loop.

use super::servers::{gateway, own};
use super::table::Table;
use super::{Options, median, policies, ratio};
use crate::idle;
use crate::limits;
use crate::outcome::Outcome;
use crate::requests::Header;
use rocketmq_tower::BoxError;
use std::net::SocketAddr;

/// Callers with a connection each, callers that share connections, and one caller alone.
const CALLERS: [(usize, u32); 3] = [(64, 1), (8, 32), (1, 1)];

/// The number of clients that are idle, if the gateway may open as many files.
const IDLE: usize = 10_000;

/// The figures of one round: of the server itself, through the bare loop, and through the gateway.
type Round = [Outcome; 3];

pub(super) fn measure(options: &Options) -> Result<String, BoxError> {
    let server = own("tower", None)?;
    let bare = own("forward", Some(server.address))?;
    let names = own("names", Some(server.address))?;
    let gateway = gateway(names.address, None)?;
    let targets = [&server, &bare, &gateway].map(|server| (server.address, server.pid()));
    let mut table = Table::new(&[
        "load",
        "bare loop: CPU per request",
        "gateway: CPU per request",
        "ratio",
        "p50: server, bare loop, gateway",
        "requests/s: server, bare loop, gateway",
    ]);
    for header in [Header::Json, Header::Binary] {
        for (connections, depth) in CALLERS {
            let round = || round(options, targets, header, (connections, depth));
            let rounds = (0..options.rounds).map(|_| round()).collect::<Result<Vec<Round>, _>>()?;
            let each = |figure: fn(&Outcome) -> f64, digits: usize| {
                let of = |at: usize| median(rounds.iter().map(|round| figure(&round[at])));
                format!("{:.digits$}, {:.digits$}, {:.digits$}", of(0), of(1), of(2))
            };
            let cpu = |at: usize| median(rounds.iter().map(|round| round[at].server));
            table.row([
                format!("{header:?}, {connections} x {depth}"),
                format!("{:.1} µs", cpu(1)),
                format!("{:.1} µs", cpu(2)),
                ratio(rounds.iter().map(|round| round[2].server / round[1].server)),
                format!("{} µs", each(|outcome| outcome.p50, 0)),
                each(|outcome| outcome.per_second, 0),
            ]);
        }
    }
    let policies = policies::measure(options, names.address, targets[2])?;
    let (address, pid) = targets[2];
    let files = usize::try_from(limits::raise_open_files()?)?;
    // Each client takes two files of the gateway.
    let steps = vec![IDLE.min(files.saturating_sub(2 * idle::OTHER_FILES) / 2)];
    let growth = idle::run(&idle::Options { address, pid, steps, settle: 2.0 })?;
    Ok(format!("{table}\n{policies}\nIdle clients, with both connections of each: {growth}\n"))
}

fn round(
    options: &Options,
    targets: [(SocketAddr, u32); 3],
    header: Header,
    callers: (usize, u32),
) -> Result<Round, BoxError> {
    let run = |target| options.load(target, header, callers);
    let [server, bare, gateway] = targets;
    Ok([run(server)?, run(bare)?, run(gateway)?])
}
