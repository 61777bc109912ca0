//! Configurations as texts of lines `name=value`, as tools send and read them.

use crate::refusal::refuse;
use rocketmq_tower::{BoxError, ResponseCode};
use std::collections::BTreeMap;

/// The maximum size of such a text in a request, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Returns the values by name.
///
/// # Errors
/// If the text is too long, not UTF-8, or has a line without a value.
pub(crate) fn read(body: &[u8]) -> Result<BTreeMap<&str, &str>, BoxError> {
    if body.len() > MAX_BYTES {
        let text = format!("a configuration has at most {MAX_BYTES} bytes");
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    let lines = std::str::from_utf8(body)?.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
    let values = lines.map(|line| {
        let wrong = || {
            let text = format!("not a line of a configuration: {line}");
            refuse(ResponseCode::INVALID_PARAMETER, text)
        };
        let (name, value) = line.split_once('=').ok_or_else(wrong)?;
        Ok((name.trim(), value.trim()))
    });
    values.collect()
}

/// Returns the text of these values.
pub(crate) fn write(values: &BTreeMap<&'static str, String>) -> String {
    values.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// Returns the refusal of a change.
pub(crate) fn unchangeable(name: &str) -> BoxError {
    let text = format!("{name} cannot be changed while the broker runs");
    refuse(ResponseCode::NO_PERMISSION, text)
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use std::collections::BTreeMap;

    #[test]
    fn a_configuration_is_read_and_written() {
        let known = read(b"# comment\n\na = 1\r\nb=x=y\n").unwrap();
        assert_eq!(known, BTreeMap::from([("a", "1"), ("b", "x=y")]));
        assert!(read(b"a").unwrap_err().to_string().contains("not a line"));
        read(&[b'a'; 64 * 1024 + 1]).unwrap_err();
        assert_eq!(
            write(&BTreeMap::from([("b", "2".to_owned()), ("a", String::new())])),
            "a=\nb=2\n"
        );
    }
}
