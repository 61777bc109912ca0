//! The log, on stderr.

use rocketmq_tower::BoxError;
use std::io::{self, IsTerminal};
use std::str::FromStr;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

/// Changes which lines are logged.
pub(crate) struct Log(reload::Handle<Targets, Registry>);

impl Log {
    /// Starts to log, at the level `info` at first.
    pub(crate) fn start() -> Self {
        let (filter, handle) = reload::Layer::new(default());
        // A line that cannot be written is lost. Reporting that would panic in the thread that writes.
        let lines = fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .log_internal_errors(false);
        tracing_subscriber::registry().with(filter).with(lines).init();
        Self(handle)
    }

    pub(crate) fn set(&self, filter: Targets) {
        // Fails only when nothing is logged any more.
        _ = self.0.reload(filter);
    }
}

fn default() -> Targets {
    Targets::new().with_default(tracing::Level::INFO)
}

/// Reads which lines are to be logged: a level, or several for targets, such as `info,rocketmq_tower::audit=off`.
pub(crate) fn filter(text: Option<&str>) -> Result<Targets, BoxError> {
    let Some(text) = text else { return Ok(default()) };
    // A word that is no level would be taken for a target, all of whose lines are logged.
    let is_clear = |part: &str| part.contains('=') || LevelFilter::from_str(part).is_ok();
    if !text.split(',').all(is_clear) {
        let expected = "off, error, warn, info, debug or trace, or TARGET=LEVEL";
        return Err(format!("log: {text:?} has to be {expected}, separated by commas").into());
    }
    text.parse().map_err(|error| format!("log: {text:?}: {error}").into())
}
