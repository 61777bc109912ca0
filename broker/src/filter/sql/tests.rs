//! Expressions and their values. `tests/interop` compares many more with Java's.

use super::Expression;
use proptest::prelude::*;

const PROPERTIES: &str =
    "a\u{1}5\u{2}b\u{1}abc\u{2}c\u{1}5.5\u{2}t\u{1}True\u{2}big\u{1}9223372036854775808\u{2}";

/// Returns the value: `None` for a failure, `Some(None)` for null.
fn value(expression: &str) -> Option<Option<bool>> {
    let parsed =
        Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    parsed.condition(&parsed.find(PROPERTIES.as_bytes())).ok()
}

#[track_caller]
fn check(expressions: &[(&str, Option<Option<bool>>)]) {
    for (expression, expected) in expressions {
        assert_eq!(value(expression), *expected, "{expression}");
    }
}

const TRUE: Option<Option<bool>> = Some(Some(true));
const FALSE: Option<Option<bool>> = Some(Some(false));
const NULL: Option<Option<bool>> = Some(None);
const FAILED: Option<Option<bool>> = None;

#[test]
fn a_text_is_converted_to_the_type_of_the_number_that_it_is_compared_with() {
    check(&[
        ("a > 4", TRUE),
        ("a > 4.9", TRUE),
        ("a = 5.0", TRUE),
        ("5 = a", TRUE),
        ("c > 5.4", TRUE),
        // Not a whole number.
        ("c > 5", FAILED),
        ("b > 5", FAILED),
        ("b = 5", FAILED),
        ("a < big", TRUE),
        ("big > 5", FAILED),
        ("big > 5000000000", FAILED),
        ("big > 5.5", TRUE),
        ("a < b", FAILED),
        ("a > -5", TRUE),
        ("a = '5'", TRUE),
        ("c = '5.50'", FALSE),
        ("2147483648 > 5", TRUE),
        ("9007199254740993 = 9007199254740992.0", TRUE),
    ]);
}

#[test]
fn null_is_neither_true_nor_false() {
    check(&[
        ("x = 1", NULL),
        ("1 = x", FALSE),
        ("x = y", TRUE),
        ("x <> 1", NULL),
        ("1 <> x", TRUE),
        ("x > 1", NULL),
        ("x IS NULL", TRUE),
        ("x IS NOT NULL", FALSE),
        ("a IS NULL", FALSE),
        ("NOT (x = 1)", NULL),
        ("x = 1 AND a = 4", FALSE),
        ("x = 1 AND a = 5", NULL),
        ("x = 1 OR a = 5", TRUE),
        ("x = 1 OR a = 4", NULL),
        ("x IN ('1')", NULL),
        ("x NOT IN ('1')", NULL),
        ("x BETWEEN 1 AND 2", NULL),
        ("x CONTAINS '1'", FALSE),
        ("x NOT CONTAINS '1'", FALSE),
        ("NULL", NULL),
        ("x", NULL),
        ("a", FALSE),
        ("NOT a", TRUE),
        ("-b > 1", NULL),
    ]);
}

#[test]
fn the_first_decisive_condition_is_the_last_one_that_is_evaluated() {
    check(&[
        ("b > 1", FAILED),
        ("a = 4 AND b > 1", FALSE),
        ("b > 1 AND a = 4", FAILED),
        ("a = 5 OR b > 1", TRUE),
        ("x = 1 OR b > 1", FAILED),
        ("a BETWEEN 6 AND b", FALSE),
        ("a BETWEEN 5 AND b", FAILED),
        ("a NOT BETWEEN 6 AND b", TRUE),
    ]);
}

#[test]
fn lists_and_texts() {
    check(&[
        ("a IN ('1', '5')", TRUE),
        ("a NOT IN ('1', '5')", FALSE),
        ("b CONTAINS 'bc'", TRUE),
        ("b NOT CONTAINS 'x'", TRUE),
        ("b STARTSWITH 'ab'", TRUE),
        ("b NOT ENDSWITH 'c'", FALSE),
        ("b CONTAINS ''", FALSE),
        ("b NOT CONTAINS ''", FALSE),
        ("5 CONTAINS '5'", FALSE),
        ("'it''s' CONTAINS ''''", TRUE),
        ("a BETWEEN 5 AND 6", TRUE),
        ("a NOT BETWEEN 5 AND 6", FALSE),
        ("t = TRUE", TRUE),
        ("b = FALSE", TRUE),
        ("TRUE = t", FAILED),
        ("'true' = TRUE", TRUE),
        ("(a = 5) = TRUE", TRUE),
        ("a = 5 = 5", FALSE),
    ]);
}

#[test]
fn keywords_may_be_in_any_case_and_the_rest_of_a_complete_expression_is_ignored() {
    check(&[
        ("a bEtWeEn 1 aNd 9 oR nUlL", TRUE),
        ("a = 5 nonsense ) ' ~", TRUE),
        ("a = 5 -- a comment without an end", TRUE),
        ("a /* a comment */ = -- another\n 5", TRUE),
        ("A = 5", NULL),
        ("a = 05", FALSE),
    ]);
}

#[test]
fn expressions_without_a_meaning_are_refused() {
    let refused = [
        ("", "expected a value, found the end, at byte 0"),
        ("a =", "expected a value, found the end, at byte 3"),
        ("a = 5 ~", "'~' has no meaning here, at byte 6"),
        ("a == 5", "expected a value, found =, at byte 3"),
        ("a != 5", "'!' has no meaning here, at byte 2"),
        ("(a = 5", "expected ), found the end, at byte 6"),
        ("a = 'x", "a text has no end, at byte 4"),
        ("5", "a value is not a condition, at byte 0"),
        ("'a' AND a", "a value is not a condition, at byte 0"),
        ("NOT a > 5", "only properties and numbers can be less or greater than others, at byte 0"),
        ("a > '5'", "only properties and numbers can be less or greater than others, at byte 4"),
        ("a = NULL", "nothing is equal to NULL: use IS NULL or IS NOT NULL, at byte 4"),
        ("TRUE = 1", "TRUE and FALSE are not equal to other literals, at byte 7"),
        ("a BETWEEN 5 AND 4", "the second bound of BETWEEN is less than the first, at byte 16"),
        ("a IN ()", "expected a text in quotes, found ), at byte 6"),
        ("a IN (5)", "expected a text in quotes, found 5, at byte 6"),
        ("5 IN ('5')", "IN needs a property on its left, at byte 2"),
        ("a NOT = 5", "expected an operator after NOT, found =, at byte 6"),
        ("a IS 5", "expected NULL, found 5, at byte 5"),
        ("a = 9223372036854775808", "a whole number is too large, at byte 4"),
        ("a > 0.0", "a decimal number is zero, too small or too large, at byte 4"),
        ("a > 1e400", "a decimal number is zero, too small or too large, at byte 4"),
    ];
    for (expression, reason) in refused {
        let error = Expression::parse(expression).unwrap_err();
        assert_eq!(error.to_string(), reason, "{expression}");
    }
}

#[test]
fn depth_is_bounded_and_length_is_not() {
    let deep = |before: &str, count: usize, after: &str| {
        Expression::parse(&format!("{}a{}", before.repeat(count), after.repeat(count))).map(drop)
    };
    for (before, after) in [("(", ")"), ("NOT ", ""), ("NOT(", ")"), ("", "=a"), ("", " IS NULL")] {
        assert!(deep(before, 60, after).is_ok(), "{before}{after}");
        assert!(deep(before, 100_000, after).is_err(), "{before}{after}");
    }
    deep("(", 128, ")").unwrap();
    let error = deep("(", 129, ")").unwrap_err().to_string();
    assert!(error.contains("at most 128 levels"), "{error}");
    for wide in [" OR a=1", " AND a IN('1','2')"] {
        let expression = Expression::parse(&format!("a{}", wide.repeat(100_000))).unwrap();
        assert!(!expression.matches(b"a\x013"));
    }
}

#[test]
fn any_number_of_properties_may_be_named() {
    let conditions: Vec<_> = (0..1000).map(|n| format!("p{n} = {n}")).collect();
    let expression = Expression::parse(&conditions.join(" AND ")).unwrap();
    let properties: String = (0..1000).rev().map(|n| format!("p{n}\u{1}{n}\u{2}")).collect();
    assert!(expression.matches(properties.as_bytes()));
    assert!(!expression.matches(properties.replace("p500", "p50").as_bytes()));
}

/// Parts of expressions, in any order.
fn words() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "a", "b", "'x'", "5", "5.5", "TRUE", "NULL", "(", ")", "=", "<>", "<", ">=", "AND", "OR",
        "NOT", "BETWEEN", "IN", "IS", "CONTAINS", ",", "-", "+", "--", "'", "/*", "ä",
    ]);
    proptest::collection::vec(words, 0..30).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in prop_oneof![any::<String>(), words()], properties in ".*") {
        if let Ok(expression) = Expression::parse(&text) {
            expression.matches(properties.as_bytes());
            expression.matches(PROPERTIES.as_bytes());
        }
    }
}
