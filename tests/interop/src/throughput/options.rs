//! What can be told on the command line.

use super::server::Kind;
use rocketmq_tower::BoxError;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Options {
    /// For how long each load runs.
    pub(super) time: Duration,
    /// How many turns each broker has.
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
                    return Err(format!("{argument} is none of {usage}").into());
                }
            }
        }
        Ok(options)
    }

    /// Whose turns there are, in this order.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> {
        let only = self.only;
        Kind::BOTH.into_iter().filter(move |&kind| only.is_none_or(|only| only == kind))
    }
}

fn number(text: &str) -> Result<u32, BoxError> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("{text} is not a number above 0").into()),
        Ok(number) => Ok(number),
    }
}
