//! Measures rocketmq-tower beside the bare limit, and beside other servers: see `README.md` here.

mod calls;
mod compare;
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
#[command(about = "Measures rocketmq-tower. Figures are of use in a release build only.")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a server that answers every request with its body.
    Serve(serve::Options),
    /// Ask as fast as answers come, over raw sockets.
    Load(load::Options),
    /// Call through the library's client.
    Calls(calls::Options),
    /// Open connections that have nothing to do, and see what they cost the server.
    Idle(idle::Options),
    /// Run all of it, side by side, and write RESULTS.md and results.svg.
    Compare(compare::Options),
}

fn main() -> Result<(), BoxError> {
    match Options::parse().command {
        Command::Serve(options) => serve::run(&options),
        Command::Load(options) => show(load::run(&options)),
        Command::Calls(options) => show(calls::run(&options)),
        Command::Idle(options) => show(idle::run(&options)),
        Command::Compare(options) => compare::run(&options),
    }
}

fn show<T: std::fmt::Display>(outcome: Result<T, BoxError>) -> Result<(), BoxError> {
    println!("{}", outcome?);
    Ok(())
}
