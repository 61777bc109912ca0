//! Compares rocketmq-tower with the bare limit and with other servers: see `../README.md`.

mod broker;
mod calls;
mod compare;
mod gateways;
mod idle;
mod limits;
mod load;
mod outcome;
mod requests;
mod serve;
mod usage;

use clap::{Parser, Subcommand};
use rocketmq_tower::BoxError;

#[derive(Parser)]
#[command(about = "Measures rocketmq-tower. Figures are meaningful only in a release build.")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a server that answers every request with its body.
    Serve(serve::Options),
    /// Send requests over raw sockets in closed loops, as fast as responses arrive.
    Load(load::Options),
    /// Make calls through the library's client.
    Calls(calls::Options),
    /// Open idle connections, and measure the server's memory per connection.
    Idle(idle::Options),
    /// Send messages to a broker over raw sockets in closed loops.
    Sends(broker::sends::Options),
    /// Send messages to a broker, and pull them over raw sockets.
    Pulls(broker::pulls::Options),
    /// Measure the gateway beside the bare forwarding loop and Apache's proxy, and write GATEWAY.md.
    Gateways(gateways::Options),
    /// Run all measurements for all servers, and write RESULTS.md and results.svg.
    Compare(compare::Options),
}

fn main() -> Result<(), BoxError> {
    match Options::parse().command {
        Command::Serve(options) => serve::run(&options),
        Command::Load(options) => show(load::run(&options)),
        Command::Calls(options) => show(calls::run(&options)),
        Command::Idle(options) => show(idle::run(&options)),
        Command::Sends(options) => show(broker::sends::run(&options)),
        Command::Pulls(options) => show(broker::pulls::run(&options)),
        Command::Gateways(options) => gateways::run(&options),
        Command::Compare(options) => compare::run(&options),
    }
}

fn show<T: std::fmt::Display>(outcome: Result<T, BoxError>) -> Result<(), BoxError> {
    println!("{}", outcome?);
    Ok(())
}
