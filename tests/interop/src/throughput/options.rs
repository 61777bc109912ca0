//! Options on the command line.

use super::server::Kind;
use rocketmq_tower::BoxError;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Options {
    /// Duration of each load.
    pub(super) time: Duration,
    /// Number of turns of each broker.
    pub(super) rounds: u32,
    only: Option<Kind>,
}

impl Options {
    /// Reads `seconds=10`, `rounds=2`, `only=apache` or `only=tower`.
    pub(super) fn parse(arguments: &[&str]) -> Result<Self, BoxError> {
        let mut options = Self { time: Duration::from_secs(10), rounds: 2, only: None };
        for argument in arguments {
            match argument.split_once('=') {
                Some(("seconds", n)) => options.time = Duration::from_secs(number(n)?.into()),
                Some(("rounds", n)) => options.rounds = number(n)?,
                Some(("only", "apache")) => options.only = Some(Kind::Apache),
                Some(("only", "tower")) => options.only = Some(Kind::Tower),
                _ => {
                    let usage = "seconds=N, rounds=N, only=apache|tower";
                    return Err(format!("unknown option {argument}, expected {usage}").into());
                }
            }
        }
        Ok(options)
    }

    /// Returns the brokers to measure, in the order of their turns.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> {
        let only = self.only;
        Kind::BOTH.into_iter().filter(move |&kind| only.is_none_or(|only| only == kind))
    }
}

fn number(text: &str) -> Result<u32, BoxError> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("{text} is not a number greater than 0").into()),
        Ok(number) => Ok(number),
    }
}
