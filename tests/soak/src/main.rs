//! The soak: servers and clients of this library under every kind of load and fault, for minutes.
//! At the end nothing may be lost or leaked.
//!
//! ```sh
//! cargo run -p soak --release -- --minutes 5
//! ```
//!
//! It also runs faults over real sockets against any server of the protocol, to compare them:
//!
//! ```sh
//! cargo run -p soak --release -- faults --server PROGRAM ARGUMENTS
//! ```
//!
//! And it ends connections gracefully while requests are on their way, none of which may be lost:
//!
//! ```sh
//! cargo run -p soak --release -- ends --calls 100000
//! ```

mod ends;
mod faults;
mod run;

use clap::Parser;
use run::Sabotage;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

#[derive(Parser)]
struct Options {
    /// Minutes of load
    #[arg(long, default_value_t = 5.0, value_parser = positive)]
    minutes: f64,
    /// Injects this fault, which the checks must detect
    #[arg(long)]
    sabotage: Option<Sabotage>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Runs faults against a server, and prints a table of the results
    Faults(faults::Options),
    /// Ends connections while calls are made, and prints a table of what became of the calls
    Ends(ends::Options),
    /// Runs this library's server, which `faults` uses by default
    Serve {
        /// The address to listen on; port 0 picks a free port
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: String,
    },
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number < 1e6 => Ok(number),
        _ => Err("must be a number above zero".into()),
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = match &options.command {
        Some(Command::Faults(options)) => runtime.block_on(faults::run(options)),
        Some(Command::Ends(options)) => runtime.block_on(ends::run(options)),
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
        Err(error) => vec![format!("the soak could not run: {error}")],
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
