//! Measures the processor time of clean builds.

use super::Options;
use super::kind::Kind;
use super::results::Results;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use rocketmq_tower::BoxError;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The target folder of the builds. It is removed before and after each build.
const TARGET: &str = "target/clean-build";

/// Measures the library with its default features, and the peers that are written in Rust.
pub(super) fn run(options: &Options, results: &mut Results) {
    for kind in options.kinds() {
        let mut command = match kind {
            Kind::Tower => {
                let mut command = Command::new("cargo");
                let arguments = ["build", "--release", "--locked", "-p", "rocketmq-tower"];
                command.args(arguments).args(["--target-dir", TARGET]);
                command
            }
            Kind::Remoting | Kind::Transport => {
                let mut command = Command::new("benches/peers/build");
                command.args([kind.key(), TARGET]);
                command
            }
            _ => continue,
        };
        eprintln!("clean build: {}", kind.key());
        results.builds.push((kind, measure(&mut command).map_err(|error| error.to_string())));
    }
}

/// The processor time of a command and of all its child processes.
fn measure(command: &mut Command) -> Result<Duration, BoxError> {
    if Path::new(TARGET).exists() {
        fs::remove_dir_all(TARGET)?;
    }
    let before = of_children()?;
    let done = command.status()?;
    let used = of_children()? - before;
    fs::remove_dir_all(TARGET)?;
    if !done.success() {
        return Err(format!("the build failed: {done}").into());
    }
    Ok(used)
}

/// The processor time of the child processes that have ended.
fn of_children() -> Result<Duration, BoxError> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let duration = |time: TimeVal| -> Result<Duration, BoxError> {
        Ok(Duration::new(u64::try_from(time.tv_sec())?, u32::try_from(time.tv_usec())? * 1000))
    };
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}
