//! The measurements.

use super::Options;
use super::kind::Kind;
use super::results::Results;
use super::server::Server;
use super::shapes::SHAPES;
use crate::idle;
use rocketmq_tower::BoxError;

/// A server, or the reason why it does not run.
type Running = Result<Server, String>;

/// Measures every load for every server, round by round.
pub(super) fn run(options: &Options, results: &mut Results) {
    if !SHAPES.iter().any(|shape| options.wants(shape.key)) {
        return;
    }
    let mut servers: Vec<(Kind, Running)> =
        options.kinds().into_iter().map(|kind| (kind, start(kind))).collect();
    // Both headers, over many connections: JIT compilation and growth of buffers happen now.
    for shape in SHAPES.iter().take(2) {
        for (kind, server) in &servers {
            if let Ok(server) = server {
                eprintln!("warming up: {}, {}", kind.key(), shape.key);
                // An error will show again in the measurement.
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
                    // The server may have ended or may be unusable.
                    *server = start(*kind);
                }
                results.echoes.add(shape.key, *kind, outcome);
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

/// Measures idle connections, each server in a new process.
pub(super) fn idle(options: &Options, files: u64, results: &mut Results) {
    for kind in options.kinds() {
        let growth = grow(kind, files).map_err(text);
        eprintln!("idle, {}: {growth:?}", kind.key());
        results.idle.push((kind, growth));
    }
}

fn grow(kind: Kind, files: u64) -> Result<idle::Growth, BoxError> {
    // Up to 20,000, as far as the limit of open files allows, less the server's other files.
    let most = 20_000.min(usize::try_from(files)?.saturating_sub(idle::OTHER_FILES));
    let steps = match kind {
        // These accept at most 1000 connections.
        Kind::Remoting | Kind::Transport => vec![900],
        _ => vec![10_000.min(most), most],
    };
    let server = Server::start(kind)?;
    idle::run(&idle::Options { address: server.address, pid: server.pid(), steps, settle: 2.0 })
}
