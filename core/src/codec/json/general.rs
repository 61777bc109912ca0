//! Parses any JSON header, including those that the fast path rejects.

use super::scanner::{Scanner, Text, Value};
use crate::codec::DecodeError;
use crate::command::{ExtFields, LanguageCode, Names, Parts};
use std::borrow::Cow;

/// Reads `header` into `command`.
pub(super) fn decode(header: &[u8], command: &mut Parts) -> Result<(), DecodeError> {
    let text = std::str::from_utf8(header)
        .map_err(|error| DecodeError::NotUtf8 { field: "the header", at: error.valid_up_to() })?;
    let mut scanner = Scanner::new(text);
    scanner.expect(b'{', "'{'")?;
    let mut first = true;
    while scanner.more(first)? {
        first = false;
        let key = scanner.key()?;
        match value_of(&scanner, &key) {
            "code" => set_integer(&mut scanner, "code", &mut command.code)?,
            "flag" => set_integer(&mut scanner, "flag", &mut command.flag)?,
            "opaque" => set_integer(&mut scanner, "opaque", &mut command.opaque)?,
            "version" => {
                let mut version = command.version.as_i32();
                set_integer(&mut scanner, "version", &mut version)?;
                command.version = version.into();
            }
            "language" => command.language = language(&mut scanner)?,
            "remark" => command.remark = remark(&mut scanner)?,
            "extFields" => ext_fields(&mut scanner, &mut command.ext_fields)?,
            // Ignores `serializeTypeCurrentRPC` too: the header word names the encoding.
            _ => _ = scanner.value()?,
        }
    }
    scanner.end()
}

fn value_of<'a>(scanner: &Scanner<'a>, text: &'a Text) -> &'a str {
    match text {
        Text::Plain(place) => scanner.slice(place.clone()),
        Text::Escaped(value) => value,
    }
}

/// Reads a number or a text that holds one into `target`. Fractions are truncated; `null` leaves
/// `target` unchanged.
fn set_integer(
    scanner: &mut Scanner<'_>,
    field: &'static str,
    target: &mut i32,
) -> Result<(), DecodeError> {
    let value = scanner.value()?;
    let raw = match &value {
        Value::Number(range) => scanner.slice(range.clone()),
        Value::Text(text) => value_of(scanner, text),
        Value::Null => return Ok(()),
        _ => return Err(scanner.error("a number")),
    };
    let number = raw.trim();
    *target = match number.parse() {
        Ok(value) => value,
        Err(_) => fraction(number).ok_or_else(|| DecodeError::Field {
            field,
            value: raw.chars().take(64).collect(),
            expected: "a 32-bit integer",
        })?,
    };
    Ok(())
}

fn fraction(number: &str) -> Option<i32> {
    // Rust parses "inf" and "nan" too, which are not numbers in JSON.
    if !number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
        return None;
    }
    let value = number.parse::<f64>().ok()?.trunc();
    let fits = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value);
    fits.then_some(value as i32)
}

/// Reads a name in any case, or an ordinal, which older peers send.
fn language(scanner: &mut Scanner<'_>) -> Result<LanguageCode, DecodeError> {
    Ok(match scanner.value()? {
        Value::Text(text) => LanguageCode::from_name(value_of(scanner, &text)),
        Value::Number(range) => {
            let ordinal = scanner.slice(range).parse::<u8>();
            ordinal.map_or(LanguageCode::UNKNOWN, LanguageCode::from)
        }
        _ => LanguageCode::UNKNOWN,
    })
}

fn remark(scanner: &mut Scanner<'_>) -> Result<Option<Cow<'static, str>>, DecodeError> {
    Ok(match scanner.value()? {
        Value::Text(text) => Some(value_of(scanner, &text).to_owned().into()),
        Value::Number(range) | Value::Bool(range) | Value::Nested(range) => {
            Some(scanner.slice(range).to_owned().into())
        }
        Value::Null => None,
    })
}

/// Reads the fields. Strings are unescaped; other scalars and nested values are kept as their JSON
/// text. A field whose value is `null` is skipped.
fn ext_fields(scanner: &mut Scanner<'_>, fields: &mut ExtFields) -> Result<(), DecodeError> {
    if !scanner.take(b'{') {
        return match scanner.value()? {
            Value::Null => {
                fields.clear();
                Ok(())
            }
            _ => Err(scanner.error("an object")),
        };
    }
    fields.restart();
    let (mut names, mut first) = (Names::default(), true);
    while scanner.more(first)? {
        first = false;
        let key = scanner.key()?;
        let value = match scanner.value()? {
            Value::Null => continue,
            Value::Text(text) => text,
            Value::Number(place) | Value::Bool(place) | Value::Nested(place) => Text::Plain(place),
        };
        fields.push(&mut names, value_of(scanner, &key), value_of(scanner, &value));
    }
    fields.end(&names);
    Ok(())
}
