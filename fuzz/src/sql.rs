//! Parses any text as an expression of SQL92, and evaluates it.

use rocketmq_tower_broker::fuzzing::SqlExpression;
use rocketmq_tower_core::message::Properties;

/// The input is an expression, then, after a zero, the properties of a message.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (expression, properties) = text.split_once('\0').unwrap_or((&text, ""));
    let Ok(parsed) = SqlExpression::parse(expression) else { return };
    assert!(parsed.size() <= 128 + 64 * expression.len(), "{} bytes", parsed.size());
    let properties = Properties::new(properties);
    let outcome = parsed.evaluate(properties);
    // Text after a complete expression changes nothing.
    let followed = SqlExpression::parse(&format!("{expression} , nothing")).expect("complete");
    assert_eq!(followed.evaluate(properties), outcome);
}
