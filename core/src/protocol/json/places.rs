//! Finds strings of a JSON text by their place in it, without reading the rest into a type.

use super::BodyError;
use super::read::Reader;
use super::scalar::Scalar;
use std::borrow::Cow;
use std::ops::Range;

/// The places of strings in a JSON value, and what each string means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Places<T: 'static> {
    /// The value is a string with this meaning, or a number that stands for one.
    Text(T),
    /// The elements of a list.
    Each(&'static Places<T>),
    /// Members of an object, by name.
    Members(&'static [(&'static str, Places<T>)]),
}

/// A string that was found.
#[derive(Debug)]
pub(crate) struct Found<'a, T> {
    pub(crate) meaning: T,
    pub(crate) text: Cow<'a, str>,
    /// Where the value is in the JSON text, its quotes included.
    pub(crate) at: Range<usize>,
}

/// Calls `found` with each string of `json` that is at one of `places`, in the order of the text.
/// If a member repeats, each of its values is found. An absent or `null` value is no string.
///
/// Names of members match as fastjson matches them: without regard to case, `_` and `-`.
pub(crate) fn find<'a, T: Copy>(
    json: &'a [u8],
    places: &Places<T>,
    mut found: impl FnMut(Found<'a, T>),
) -> Result<(), BodyError> {
    let text = std::str::from_utf8(json)
        .map_err(|error| BodyError::new(error.valid_up_to(), "the text is not UTF-8"))?;
    let mut reader = Reader::new(text);
    walk(&mut reader, places, &mut found)?;
    Ok(reader.scanner.end()?)
}

fn walk<'a, T: Copy>(
    reader: &mut Reader<'a>,
    places: &Places<T>,
    found: &mut dyn FnMut(Found<'a, T>),
) -> Result<(), BodyError> {
    if reader.is_null() {
        return reader.skip();
    }
    match places {
        Places::Text(meaning) => {
            let (_, start) = reader.peek();
            let text = match reader.scalar()? {
                Scalar::Text(text) => text,
                Scalar::Number(text) => Cow::Borrowed(text),
                Scalar::Bool(_) | Scalar::Null => {
                    return Err(BodyError::expected(start, "a string"));
                }
            };
            found(Found { meaning: *meaning, text, at: start..reader.scanner.at });
        }
        Places::Each(element) => {
            reader.open(b'[', "an array")?;
            let mut index = 0;
            while reader.more(index == 0, b']')? {
                walk(reader, element, found).map_err(|error| error.in_element(index))?;
                index += 1;
            }
        }
        Places::Members(members) => {
            reader.open(b'{', "an object")?;
            let mut first = true;
            while reader.more(first, b'}')? {
                first = false;
                let name = reader.name()?;
                reader.colon()?;
                match members.iter().find(|(member, _)| same(member, &name)) {
                    Some((_, value)) => walk(reader, value, found),
                    None => reader.skip(),
                }
                .map_err(|error| error.in_field(&name))?;
            }
        }
    }
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes()
            .filter(|byte| !matches!(byte, b'_' | b'-'))
            .map(|byte| byte.to_ascii_lowercase())
    }
    one == other || letters(one).eq(letters(other))
}

#[cfg(test)]
mod tests {
    use super::{Places, find};

    const PLACES: Places<char> = Places::Members(&[
        ("groupName", Places::Text('g')),
        ("list", Places::Each(&Places::Members(&[("topic", Places::Text('t'))]))),
    ]);

    fn found(json: &str) -> Result<Vec<(char, String, String)>, String> {
        let mut all = Vec::new();
        let take = |f: super::Found<'_, char>| {
            all.push((f.meaning, f.text.clone().into_owned(), json[f.at].to_owned()));
        };
        find(json.as_bytes(), &PLACES, take).map_err(|error| error.to_string())?;
        Ok(all)
    }

    #[test]
    fn strings_are_found_where_they_are() {
        let json = r#"{"x":[1,{"topic":"no"}],"list":[{"topic":"a\u0062"},{topic:'c',y:2},{}],"groupName":7}"#;
        let expected = [("t", "ab", r#""a\u0062""#), ("t", "c", "'c'"), ("g", "7", "7")];
        let expected: Vec<_> = expected
            .map(|(m, t, at)| (m.chars().next().unwrap(), t.to_owned(), at.to_owned()))
            .into();
        assert_eq!(found(json).unwrap(), expected);
    }

    #[test]
    fn repeated_members_and_names_in_another_case_are_all_found() {
        let json = r#"{"groupName":"a","groupName":"b","GROUP_NAME":"c","list":null,"List":[{"Topic":"d"}]}"#;
        let texts: Vec<_> = found(json).unwrap().into_iter().map(|(_, text, _)| text).collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_value_of_another_type_is_an_error_that_names_its_place() {
        let error = found(r#"{"list":[{},{"topic":{}}]}"#).unwrap_err();
        assert!(error.starts_with("the body's list[1].topic, at byte 21"), "{error}");
        for json in ["", "{", r#"{"list":{}}"#, r#"{"groupName":true}"#, "{} 1"] {
            assert!(found(json).is_err(), "{json}");
        }
    }
}
