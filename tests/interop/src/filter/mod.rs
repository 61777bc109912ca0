//! Apache's `rocketmq-filter` and the broker's filter: the same expressions and properties, the same results.

mod cases;
mod java;
mod speed;

use crate::check::Checked;
use cases::{Case, Cases};
use rocketmq_tower::message::Properties;
use rocketmq_tower_broker::fuzzing::{SqlExpression, SqlOutcome};
use std::collections::BTreeMap;

/// The number of expressions. Each is evaluated for a few messages.
const EXPRESSIONS: usize = 60_000;

const SEED: u64 = 92;

/// Compares both, and measures their speed without a check.
pub(crate) async fn run(class_path: &str) -> Checked {
    compare(class_path, SEED).await?;
    speed::measure(class_path).await
}

/// Compares the results of expressions from this seed.
pub(crate) async fn compare(class_path: &str, seed: u64) -> Checked {
    let mut cases = Cases::new(seed);
    let cases: Vec<Case> = (0..EXPRESSIONS).map(|_| cases.next()).collect();
    let mut input = Vec::new();
    cases.iter().for_each(|case| java::add(&mut input, &case.expression, &case.messages));
    let theirs = java::run(class_path, input, &[]).await?;
    let mut theirs = theirs.as_slice();
    let (mut counts, mut differences) = (BTreeMap::<_, usize>::new(), 0);
    for case in &cases {
        let ours = results(case);
        let length = if theirs.first() == Some(&b'E') { 1 } else { case.messages.len() };
        let (java, rest) = theirs.split_at_checked(length).ok_or("Java has ended before")?;
        theirs = rest;
        for result in java {
            *counts.entry(char::from(*result)).or_default() += 1;
        }
        if ours != java {
            differences += 1;
            if differences <= 10 {
                let java = String::from_utf8_lossy(java);
                println!("{case:?}\n  Java {java}, ours {}", String::from_utf8_lossy(&ours));
            }
        }
    }
    let total: usize = counts.values().sum();
    if differences > 0 || !theirs.is_empty() {
        return Err(format!("FAILED: {differences} of {EXPRESSIONS} expressions differ").into());
    }
    let counts: Vec<_> = counts.iter().map(|(result, count)| format!("{result} {count}")).collect();
    println!(
        "ok {total} results of {EXPRESSIONS} expressions are those of Java: {}",
        counts.join(", ")
    );
    Ok(())
}

/// Returns the results in the characters of the Java program.
fn results(case: &Case) -> Vec<u8> {
    let Ok(expression) = SqlExpression::parse(&case.expression) else { return vec![b'E'] };
    let results =
        case.messages.iter().map(|message| match expression.evaluate(Properties::new(message)) {
            SqlOutcome::True => b'T',
            SqlOutcome::False => b'F',
            SqlOutcome::Null => b'N',
            SqlOutcome::Failed => b'X',
        });
    results.collect()
}
