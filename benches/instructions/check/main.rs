//! Compares instruction counts with a baseline: see `.ci/instructions`, which runs it.

mod baseline;
mod counts;
#[path = "../requests.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod requests;

use baseline::Baseline;
use clap::Parser;
use rocketmq_tower::BoxError;
use std::io::stdin;
use std::path::PathBuf;
use std::process::ExitCode;

/// Reads the output of the benchmarks from stdin, one JSON object per line.
#[derive(Parser)]
struct Options {
    /// The baseline's file.
    baseline: PathBuf,
    /// The versions that the counts depend on.
    #[arg(long)]
    made_with: String,
    /// Write these counts as the new baseline.
    #[arg(long)]
    update: bool,
}

fn main() -> Result<ExitCode, BoxError> {
    let options = Options::parse();
    let found = Baseline { made_with: options.made_with, counts: counts::read(stdin().lock())? };
    if options.update {
        found.save(&options.baseline)?;
        print!("{}", found.table());
        println!("written to {}", options.baseline.display());
        return Ok(ExitCode::SUCCESS);
    }
    let baseline = Baseline::load(&options.baseline)?;
    print!("{}", found.table());
    if baseline.made_with != found.made_with {
        println!("made with {}, but the baseline with {}", found.made_with, baseline.made_with);
    }
    let faults = baseline.faults(&found);
    for fault in &faults {
        println!("{fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
