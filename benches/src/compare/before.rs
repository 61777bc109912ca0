//! The client of an earlier revision, built by `benches/before/build`.

use super::server::Server;
use crate::outcome::Outcome;
use rocketmq_tower::BoxError;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

const PROGRAM: &str = "target/before/release/rocketmq-tower-benches";

/// Makes the calls that the load `calls-one-thread` makes. Latencies, memory and other processes are
/// left out.
pub(super) fn calls(server: &Server, seconds: f64, warm_up: f64) -> Result<Outcome, BoxError> {
    let (address, pid) = (server.address.to_string(), server.pid().to_string());
    let (seconds, warm_up) = (seconds.to_string(), warm_up.to_string());
    let mut command = Command::new(PROGRAM);
    command.args(["calls", &address, &pid, "--one-thread"]);
    command.args(["--seconds", &seconds, "--warm-up", &warm_up]);
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => "not built: benches/before/build".into(),
        _ => BoxError::from(error),
    })?;
    if !output.status.success() {
        return Err(format!("the client before failed: {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    read(&text).ok_or_else(|| format!("the client before printed {text:?}").into())
}

/// Reads the figures as `calls` prints them.
fn read(text: &str) -> Option<Outcome> {
    let after = |label: &str| {
        let (_, rest) = text.split_once(label)?;
        rest.split_whitespace().next()?.parse().ok()
    };
    Some(Outcome {
        per_second: text.split_whitespace().next()?.parse().ok()?,
        p50: f64::NAN,
        p99: f64::NAN,
        p999: f64::NAN,
        server: after("per request: server ")?,
        client: after("load ")?,
        others: f64::NAN,
        memory: f64::NAN,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_calls_prints() {
        let printed = Outcome {
            per_second: 123_456.0,
            p50: 1.5,
            p99: 2.5,
            p999: 3.5,
            server: 4.625,
            client: 5.125,
            others: 0.5,
            memory: 12.5,
        };
        let outcome = read(&printed.to_string()).unwrap();
        assert_eq!(outcome.per_second, 123_456.0);
        assert_eq!((outcome.server, outcome.client), (4.625, 5.125));
        assert!(read("nothing of the kind").is_none());
    }
}
