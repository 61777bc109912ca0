//! The command line.

use crate::sabotage::Sabotage;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
simulation [--seeds COUNT] [--first SEED] [--seconds BOUND] [--workers COUNT]
simulation --seed SEED      one run, with every event
    --sabotage NAME         with a fault in the server: wrong-caller, answers-twice,
                            runs-twice, no-end, no-disconnected, keeps-permit, no-recovery,
                            slow-shutdown, no-farewell";

/// The options of a run.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) first: u64,
    pub(crate) seeds: u64,
    /// No run begins after this time.
    pub(crate) bound: Duration,
    /// The number of processes.
    pub(crate) workers: u64,
    /// Set in a worker process, which runs every `stride`-th seed.
    pub(crate) stride: Option<u64>,
    /// The one seed to show.
    pub(crate) seed: Option<u64>,
    pub(crate) sabotage: Option<Sabotage>,
}

impl Default for Options {
    fn default() -> Self {
        let bound = Duration::from_secs(60);
        Self { first: 1, seeds: 1_000, bound, workers: 2, stride: None, seed: None, sabotage: None }
    }
}

impl Options {
    /// # Errors
    /// Returns a text that says what is wrong with the arguments.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            let number =
                || value.parse::<u64>().map_err(|_| format!("{name}: not a number: {value}"));
            match name.as_str() {
                "--first" => options.first = number()?,
                "--seeds" => options.seeds = number()?,
                "--seconds" => options.bound = Duration::from_secs(number()?),
                "--workers" => options.workers = number()?.clamp(1, 64),
                "--stride" => options.stride = Some(number()?.max(1)),
                "--seed" => options.seed = Some(number()?),
                "--sabotage" => {
                    let sabotage = Sabotage::named(&value);
                    options.sabotage =
                        Some(sabotage.ok_or_else(|| format!("unknown sabotage {value}"))?);
                }
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(options)
    }
}
