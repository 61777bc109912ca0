//! The measurements.

use super::Options;
use super::kind::Kind;
use super::results::Results;
use super::server::Server;
use super::shapes::SHAPES;
use crate::idle;
use rocketmq_tower::BoxError;

/// A server, or why there is none.
type Running = Result<Server, String>;

/// Every load for every server, round by round.
pub(super) fn run(options: &Options, results: &mut Results) {
    if !SHAPES.iter().any(|shape| options.wants(shape.key)) {
        return;
    }
    let mut servers: Vec<(Kind, Running)> =
        options.kinds().into_iter().map(|kind| (kind, start(kind))).collect();
    // Both headers, over many connections: what there is to be compiled and grown, is then.
    for shape in SHAPES.iter().take(2) {
        for (kind, server) in &servers {
            if let Ok(server) = server {
                eprintln!("warming up: {}, {}", kind.key(), shape.key);
                // Whatever is wrong shows when it is measured.
                shape.run(server, options.first, options).ok();
            }
        }
    }
    for round in 1..=options.rounds {
        for shape in SHAPES.iter().filter(|shape| options.wants(shape.key)) {
            for (kind, server) in servers.iter_mut().filter(|(kind, _)| shape.is_for(*kind)) {
                let outcome = match server {
                    Ok(server) => shape.run(server, options.seconds, options).map_err(text),
                    Err(error) => Err(error.clone()),
                };
                let shown = match &outcome {
                    Ok(figures) => {
                        format!("{:.0}/s, {:.3} µs", figures.per_second, figures.server)
                    }
                    Err(error) => error.clone(),
                };
                eprintln!("round {round}, {}, {}: {shown}", shape.key, kind.key());
                if outcome.is_err() && server.is_ok() {
                    // It may be gone, or not be of use any more.
                    *server = start(*kind);
                }
                results.add(shape.key, *kind, outcome);
            }
        }
    }
}

fn start(kind: Kind) -> Running {
    Server::start(kind).map_err(text)
}

fn text(error: BoxError) -> String {
    error.to_string()
}

/// Idle connections, for each server in a new process.
pub(super) fn idle(options: &Options, files: u64, results: &mut Results) {
    for kind in options.kinds() {
        let growth = grow(kind, files).map_err(text);
        eprintln!("idle, {}: {growth:?}", kind.key());
        results.idle.push((kind, growth));
    }
}

fn grow(kind: Kind, files: u64) -> Result<idle::Growth, BoxError> {
    // As many of 20,000 as the limit of open files lets a server have, and some files for itself.
    let most = 20_000.min(usize::try_from(files)?.saturating_sub(idle::OTHER_FILES));
    let steps = match kind {
        // They take 1000 connections at most.
        Kind::Remoting | Kind::Transport => vec![900],
        _ => vec![10_000.min(most), most],
    };
    let server = Server::start(kind)?;
    idle::run(&idle::Options { address: server.address, pid: server.pid(), steps, settle: 2.0 })
}
