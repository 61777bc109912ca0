//! The gateway in front of Apache's broker: beside the broker itself, and beside Apache's proxy.

use super::servers::{Apache, gateway};
use super::table::Table;
use super::{BODY, Options, median, ratio};
use crate::broker::{pulls, sends};
use crate::outcome::Outcome;
use rocketmq_tower::BoxError;
use std::net::SocketAddr;

/// The number of messages that are consumed.
const MESSAGES: u64 = 100_000;

/// A way to the broker: an address for clients, and the process that they reach.
struct Way {
    name: &'static str,
    address: SocketAddr,
    pid: u32,
}

pub(super) fn measure(options: &Options) -> Result<String, BoxError> {
    let apache = Apache::start(options.broker_on)?;
    let gateway = gateway(apache.names.address, None)?;
    let broker = apache.broker.address;
    let mut ways = vec![
        Way { name: "direct", address: broker, pid: apache.broker.pid() },
        Way { name: "gateway", address: gateway.address, pid: gateway.pid() },
    ];
    let mut text = String::new();
    match &apache.proxy {
        Ok(proxy) => {
            ways.push(Way { name: "Apache's proxy", address: proxy.address, pid: proxy.pid() });
        }
        Err(error) => text = format!("Apache's proxy does not run: {error}\n\n"),
    }
    let send = |way: &Way, seconds| {
        let options = sends::Options {
            address: way.address,
            pid: way.pid,
            broker: Some(broker),
            connections: 64,
            depth: 1,
            body: BODY,
            seconds,
            warm_up: options.warm_up,
            at_most: 1024,
        };
        Ok(sends::run(&options)?.outcome)
    };
    let pull = |way: &Way, _| {
        let options =
            |address, messages| pulls::Options { address, pid: way.pid, messages, body: BODY };
        let filled = pulls::fill(&options(broker, MESSAGES))?;
        Ok(pulls::pull(way.address, way.pid, &filled)?.outcome)
    };
    text += &table("sends, 64 callers", options, &ways, send)?;
    text += "\n";
    text += &table("consumption, 8 queues", options, &ways, pull)?;
    Ok(text)
}

/// Measures all ways in rounds, after a warm-up of each.
fn table(
    load: &str,
    options: &Options,
    ways: &[Way],
    run: impl Fn(&Way, f64) -> Result<Outcome, BoxError>,
) -> Result<String, BoxError> {
    for way in ways {
        run(way, options.first)?;
    }
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let round = ways.iter().map(|way| run(way, options.seconds));
        rounds.push(round.collect::<Result<Vec<_>, _>>()?);
    }
    let heads =
        [load, "messages/s", "of direct", "p50", "its own CPU per message", "of the gateway's"];
    let mut table = Table::new(&heads);
    for (at, way) in ways.iter().enumerate() {
        let of =
            |figure: fn(&Outcome) -> f64| median(rounds.iter().map(|round| figure(&round[at])));
        let part = ratio(rounds.iter().map(|round| round[at].per_second / round[0].per_second));
        let cost = ratio(rounds.iter().map(|round| round[at].server / round[1].server));
        table.row([
            way.name.to_owned(),
            format!("{:.0}", of(|outcome| outcome.per_second)),
            part,
            format!("{:.0} µs", of(|outcome| outcome.p50)),
            format!("{:.1} µs", of(|outcome| outcome.server)),
            cost,
        ]);
    }
    Ok(table.to_string())
}
