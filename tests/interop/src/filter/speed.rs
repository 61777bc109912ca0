//! The time of an evaluation, compared with Java. Printed, and not checked.

use super::cases::Case;
use super::java;
use crate::check::Checked;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::Properties;
use rocketmq_tower_broker::fuzzing::{SqlExpression, SqlOutcome};
use std::time::{Duration, Instant};

/// The time of each measurement.
const SECONDS: u64 = 2;

/// The number of rounds that are measured together.
const BATCH: usize = 20;

const EXPRESSIONS: &[&str] = &[
    "amount > 100",
    "region = 'north'",
    "amount BETWEEN 50 AND 1000 AND region IN ('north', 'south', 'west')",
    "(level IS NOT NULL AND level >= 3) OR vip = TRUE",
    "customer STARTSWITH 'gold-' AND NOT (price < 9.99 OR price > 99.9)",
    "a = 1 OR b = 2 OR c = 3 OR d = 4 OR e = 5 OR amount = 6",
];

pub(super) async fn measure(class_path: &str) -> Checked {
    let cases: Vec<Case> = EXPRESSIONS
        .iter()
        .map(|expression| Case {
            expression: (*expression).to_owned(),
            messages: (0..50).map(message).collect(),
        })
        .collect();
    let output = java::run(class_path, &cases, &["measure", &SECONDS.to_string()]).await?;
    let output = String::from_utf8(output)?;
    let times: Result<Vec<f64>, _> = output.split_whitespace().map(str::parse).collect();
    let [map, bytes] = times?[..] else { return Err(output.into()) };
    let ours = ours(&cases)?;
    println!(
        "an evaluation takes {ours:.0} ns from the bytes of the properties; Java {bytes:.0} ns ({:.1} times), \
         and {map:.0} ns from a map of them",
        bytes / ours
    );
    Ok(())
}

/// Returns the properties of a message, with those that producers and brokers add.
fn message(n: u64) -> String {
    let own = [
        ("amount", (n * 37 % 300).to_string()),
        ("region", ["north", "east", "south"][n as usize % 3].to_owned()),
        ("level", (n % 6).to_string()),
        ("customer", format!("{}-{n}", ["gold", "iron"][n as usize % 2])),
        ("price", format!("{}.{}5", n * 7 % 120, n % 10)),
        ("vip", (n % 4 == 0).to_string()),
        ("KEYS", format!("order-{n}")),
        ("TAGS", "created".to_owned()),
        ("WAIT", "true".to_owned()),
        ("UNIQ_KEY", format!("7F000001{n:024X}")),
        ("MSG_REGION", "DefaultRegion".to_owned()),
        ("TRACE_ON", "true".to_owned()),
        ("CLUSTER", "DefaultCluster".to_owned()),
    ];
    own.iter().map(|(name, value)| format!("{name}\u{1}{value}\u{2}")).collect()
}

/// Returns the time of an evaluation in ns, in the fastest batch: others may have been interrupted.
fn ours(cases: &[Case]) -> Result<f64, BoxError> {
    let mut parsed = Vec::new();
    for case in cases {
        let expression = SqlExpression::parse(&case.expression)?;
        let messages: Vec<_> = case.messages.iter().map(|message| message.as_bytes()).collect();
        parsed.push((expression, messages));
    }
    let count = cases.iter().map(|case| case.messages.len()).sum::<usize>() * BATCH;
    let (start, mut best, mut matched) = (Instant::now(), Duration::MAX, 0_u64);
    while start.elapsed() < Duration::from_secs(SECONDS) {
        let begun = Instant::now();
        for _ in 0..BATCH {
            for (expression, messages) in &parsed {
                for message in messages {
                    let properties = Properties::new(std::str::from_utf8(message)?);
                    matched += u64::from(expression.evaluate(properties) == SqlOutcome::True);
                }
            }
        }
        best = best.min(begun.elapsed());
    }
    if matched == 0 {
        return Err("nothing matches".into());
    }
    Ok(best.as_nanos() as f64 / count as f64)
}
