//! The time of an evaluation, compared with Java. Printed, and not checked.
//!
//! Two times are measured on each side. The first one begins with a message as it is in the store, and is all that a broker
//! does to find out whether it matches: Java's broker decodes the properties into a map. The second one is the evaluation
//! alone, with properties that were found before.

use super::java;
use crate::check::Checked;
use bytes::BytesMut;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::{Properties, StoredMessage};
use rocketmq_tower_broker::fuzzing::{SqlExpression, SqlFound, SqlOutcome};
use std::time::{Duration, Instant};

/// The time of each measurement.
const SECONDS: u64 = 2;

/// The number of rounds that are measured together.
const BATCH: usize = 20;

/// The number of messages for each expression.
const MESSAGES: u64 = 50;

const EXPRESSIONS: &[&str] = &[
    "amount > 100",
    "region = 'north'",
    "amount BETWEEN 50 AND 1000 AND region IN ('north', 'south', 'west')",
    "(level IS NOT NULL AND level >= 3) OR vip = TRUE",
    "customer STARTSWITH 'gold-' AND NOT (price < 9.99 OR price > 99.9)",
    "a = 1 OR b = 2 OR c = 3 OR d = 4 OR e = 5 OR amount = 6",
];

pub(super) async fn measure(class_path: &str) -> Checked {
    let texts: Vec<_> = (0..MESSAGES).map(properties).collect();
    let records = texts.iter().map(|text| stored(text)).collect::<Result<Vec<_>, _>>()?;
    let mut input = Vec::new();
    EXPRESSIONS.iter().for_each(|expression| java::add(&mut input, expression, &records));
    let output = java::run(class_path, input, &["measure", &SECONDS.to_string()]).await?;
    let output = String::from_utf8(output)?;
    let results: Result<Vec<f64>, _> = output.split_whitespace().map(str::parse).collect();
    let [java, java_alone, java_matches] = results?[..] else { return Err(output.into()) };

    let parsed = EXPRESSIONS.iter().map(|expression| SqlExpression::parse(expression));
    let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
    let (ours, matches) = time(|| matches_stored(&parsed, &records));
    let found: Vec<_> = parsed.iter().map(|expression| found(expression, &texts)).collect();
    let (alone, matches_alone) = time(|| matches_found(&parsed, &found));
    if [matches, matches_alone].iter().any(|matches| *matches as f64 != java_matches) {
        let text = format!("Java finds {java_matches} matches, ours {matches} and {matches_alone}");
        return Err(text.into());
    }
    println!(
        "from a stored message to the result, {ours:.1} ns; Java {java:.1} ns: {:.1} times as long",
        java / ours
    );
    println!(
        "with properties that were found before, {alone:.1} ns; Java {java_alone:.1} ns: {:.1} times as long",
        java_alone / alone
    );
    Ok(())
}

fn found<'a>(expression: &SqlExpression, texts: &'a [String]) -> Vec<SqlFound<'a>> {
    texts.iter().map(|text| expression.find(Properties::new(text))).collect()
}

fn matches_stored(parsed: &[SqlExpression], records: &[BytesMut]) -> u64 {
    let mut matches = 0;
    for expression in parsed {
        for record in records {
            matches += u64::from(expression.matches_stored(record));
        }
    }
    matches
}

fn matches_found(parsed: &[SqlExpression], found: &[Vec<SqlFound<'_>>]) -> u64 {
    let mut matches = 0;
    for (expression, messages) in parsed.iter().zip(found) {
        for message in messages {
            matches += u64::from(expression.evaluate_found(message) == SqlOutcome::True);
        }
    }
    matches
}

/// Returns a message with these properties, in the format of the store.
fn stored(properties: &str) -> Result<BytesMut, BoxError> {
    let mut record = BytesMut::new();
    let message = StoredMessage {
        queue_id: 0,
        flag: 0,
        queue_offset: 0,
        commit_log_offset: 0,
        sys_flag: 0,
        born_timestamp: 0,
        born_host: ([127, 0, 0, 1], 54321).into(),
        store_timestamp: 0,
        store_host: ([127, 0, 0, 1], 10911).into(),
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        body: &[b'x'; 256],
        topic: "TopicTest",
        properties: Properties::new(properties),
    };
    message.encode(&mut record)?;
    Ok(record)
}

/// Returns the properties of a message, with those that producers and brokers add.
fn properties(n: u64) -> String {
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

/// Returns the time of an evaluation in ns, in the fastest batch: others may have been interrupted. Also returns the number
/// of matches in a round.
fn time(mut round: impl FnMut() -> u64) -> (f64, u64) {
    let (start, mut best, mut matches) = (Instant::now(), Duration::MAX, 0);
    while start.elapsed() < Duration::from_secs(SECONDS) {
        let begun = Instant::now();
        for _ in 0..BATCH {
            matches = round();
        }
        best = best.min(begun.elapsed());
    }
    let count = BATCH as f64 * EXPRESSIONS.len() as f64 * MESSAGES as f64;
    (best.as_nanos() as f64 / count, matches)
}
