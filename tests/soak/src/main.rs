//! The soak: servers and clients of this library under everything at once, for minutes; at the end
//! nothing may be lost and nothing leaked.
//!
//! ```sh
//! cargo run -p soak --release -- --minutes 5
//! ```
//!
//! And faults over real sockets for any server of the protocol, to compare:
//!
//! ```sh
//! cargo run -p soak --release -- faults --server PROGRAM ARGUMENTS
//! ```

mod faults;
mod run;

use clap::Parser;
use run::Sabotage;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

#[derive(Parser)]
struct Options {
    /// How long the load lasts.
    #[arg(long, default_value_t = 5.0, value_parser = positive)]
    minutes: f64,
    /// Does something that the checks must find: to see that they can fail.
    #[arg(long)]
    sabotage: Option<Sabotage>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// What becomes of faults at some server, in a table.
    Faults(faults::Options),
    /// The server of this library that is used when there is no other.
    Serve {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: String,
    },
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number < 1e6 => Ok(number),
        _ => Err("a number above zero".into()),
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = match &options.command {
        Some(Command::Faults(options)) => runtime.block_on(faults::run(options)),
        Some(Command::Serve { listen }) => runtime.block_on(faults::serve(listen)),
        None => return soak(&runtime, &options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn soak(runtime: &Runtime, options: &Options) -> ExitCode {
    let length = Duration::from_secs_f64(options.minutes * 60.0);
    let faults = match runtime.block_on(run::run(length, options.sabotage)) {
        Ok(faults) => faults,
        Err(error) => vec![format!("it could not run: {error}")],
    };
    if faults.is_empty() {
        println!("nothing lost, nothing leaked");
        return ExitCode::SUCCESS;
    }
    for fault in faults {
        println!("FAULT: {fault}");
    }
    ExitCode::FAILURE
}
