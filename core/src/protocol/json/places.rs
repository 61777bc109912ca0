//! Finds strings of a JSON text by their place in it, and changes them or leaves values out, without
//! reading the rest into a type.

use super::BodyError;
use super::read::Reader;
use super::scalar::Scalar;
use crate::codec::json::write_string;
use bytes::BytesMut;
use std::borrow::Cow;

/// The places of strings in a JSON value, and what each string means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Places<T: 'static> {
    /// The value is a string with this meaning, or a number that stands for one.
    Text(T),
    /// The elements of a list.
    Each(&'static Places<T>),
    /// Members of an object, by name.
    Members(&'static [(&'static str, Places<T>)]),
    /// The names and the values of an object. A name may be an object itself, as fastjson writes it,
    /// or its text as a string.
    Entries(&'static Places<T>, &'static Places<T>),
    /// As `Entries`, in an object that goes when one of its entries does.
    Single(&'static Places<T>, &'static Places<T>),
    /// A list, at the first places, or an object, at the second ones.
    ListOrObject(&'static Places<T>, &'static Places<T>),
    /// A value without strings that mean something.
    Other,
    /// A value that is left out when strings are changed.
    Hidden,
}

/// The change of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It stays.
    Keep,
    /// It becomes this one.
    Replace(String),
    /// It goes, and with it the smallest thing that it names: an element of a list, an entry of a
    /// table, a message.
    Remove,
}

/// Calls `found` with each string of `json` that is at one of `places`, in the order of the text.
/// If a member repeats, each of its values is found. An absent or `null` value is no string.
///
/// Names of members match as fastjson matches them: without regard to case, `_` and `-`.
pub(crate) fn find<'a, T: Copy>(
    json: &'a [u8],
    places: &Places<T>,
    mut found: impl FnMut(T, Cow<'a, str>),
) -> Result<(), BodyError> {
    let mut change = |meaning, text| {
        found(meaning, text);
        Change::Keep
    };
    Walk::new(json, false, &mut change)?.run(places).map(|_| ())
}

/// Calls `change` as [`find`] calls `found`, and returns the changed text; `None` if it is as it was.
/// All but what is changed or left out stays as it is, byte for byte. A text of which nothing is left
/// becomes empty.
pub(crate) fn edit<T: Copy>(
    json: &[u8],
    places: &Places<T>,
    mut change: impl FnMut(T, &str) -> Change,
) -> Result<Option<BytesMut>, BodyError> {
    edit_with(json, places, &mut |meaning, text| change(meaning, &text))
}

fn edit_with<'a, T: Copy>(
    json: &'a [u8],
    places: &Places<T>,
    change: &mut dyn FnMut(T, Cow<'_, str>) -> Change,
) -> Result<Option<BytesMut>, BodyError> {
    let mut change = |meaning, text: Cow<'a, str>| change(meaning, text);
    Walk::new(json, true, &mut change)?.run(places)
}

/// Reads a text, and writes a changed one.
struct Walk<'a, 'f, T> {
    reader: Reader<'a>,
    change: &'f mut dyn FnMut(T, Cow<'a, str>) -> Change,
    /// Whether `Hidden` values are left out.
    edits: bool,
    changed: bool,
    out: BytesMut,
    /// The text up to here is written, or left out.
    copied: usize,
}

/// Whether a value stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
}

/// The parts of a list or an object of which some may be left out.
struct Parts {
    any_stays: bool,
    first: bool,
    /// The length of the changed text, and the places in the text, before the current part and its comma.
    written: usize,
    copied: usize,
    start: usize,
}

impl<'a, 'f, T: Copy> Walk<'a, 'f, T> {
    fn new(
        json: &'a [u8],
        edits: bool,
        change: &'f mut dyn FnMut(T, Cow<'a, str>) -> Change,
    ) -> Result<Self, BodyError> {
        let text = std::str::from_utf8(json)
            .map_err(|error| BodyError::new(error.valid_up_to(), "the text is not UTF-8"))?;
        let reader = Reader::new(text);
        Ok(Self { reader, change, edits, changed: false, out: BytesMut::new(), copied: 0 })
    }

    fn run(mut self, places: &Places<T>) -> Result<Option<BytesMut>, BodyError> {
        let fate = self.value(places)?;
        self.reader.scanner.end()?;
        if fate == Fate::Goes {
            return Ok(Some(BytesMut::new()));
        }
        if !self.changed {
            return Ok(None);
        }
        self.copy_to(self.reader.scanner.at);
        Ok(Some(self.out))
    }

    fn at(&self) -> usize {
        self.reader.scanner.at
    }

    /// Writes the text up to here.
    fn copy_to(&mut self, end: usize) {
        let text = self.reader.scanner.slice(self.copied..end);
        self.out.extend_from_slice(text.as_bytes());
        self.copied = end;
    }

    fn put(&mut self, start: usize, text: &str) {
        self.changed = true;
        self.copy_to(start);
        write_string(text.as_bytes(), &mut self.out);
        self.copied = self.at();
    }

    /// Asks for the change of the string that begins at `start` and has just been read.
    fn string(&mut self, start: usize, meaning: T, text: Cow<'a, str>) -> Fate {
        match (self.change)(meaning, text) {
            Change::Keep => Fate::Stays,
            Change::Replace(new) => {
                self.put(start, &new);
                Fate::Stays
            }
            Change::Remove => Fate::Goes,
        }
    }

    fn value(&mut self, places: &Places<T>) -> Result<Fate, BodyError> {
        if self.reader.is_null() {
            self.reader.skip()?;
            return Ok(Fate::Stays);
        }
        match places {
            Places::Text(meaning) => self.text(*meaning),
            Places::Each(element) => self.list(element),
            Places::Members(members) => self.object(members),
            Places::Entries(name, value) => self.entries(name, value, false),
            Places::Single(name, value) => self.entries(name, value, true),
            Places::ListOrObject(list, object) => match self.reader.peek().0 {
                Some(b'[') => self.value(list),
                _ => self.value(object),
            },
            Places::Other | Places::Hidden => {
                self.reader.skip()?;
                Ok(Fate::Stays)
            }
        }
    }

    fn text(&mut self, meaning: T) -> Result<Fate, BodyError> {
        let (_, start) = self.reader.peek();
        match self.reader.scalar()? {
            Scalar::Text(text) => Ok(self.string(start, meaning, text)),
            Scalar::Number(text) => Ok(self.string(start, meaning, Cow::Borrowed(text))),
            Scalar::Bool(_) | Scalar::Null => Err(BodyError::expected(start, "a string")),
        }
    }

    fn list(&mut self, element: &Places<T>) -> Result<Fate, BodyError> {
        self.reader.open(b'[', "an array")?;
        let mut parts = Parts::new(self.at());
        let mut index = 0;
        while self.next(&mut parts, b']')? {
            let fate = self.value(element).map_err(|error| error.in_element(index))?;
            self.end(&mut parts, fate);
            index += 1;
        }
        Ok(Fate::Stays)
    }

    fn object(&mut self, members: &[(&'static str, Places<T>)]) -> Result<Fate, BodyError> {
        self.reader.open(b'{', "an object")?;
        let mut parts = Parts::new(self.at());
        let mut whole = Fate::Stays;
        while self.next(&mut parts, b'}')? {
            let name = self.reader.name()?;
            self.reader.colon()?;
            let places = members.iter().find(|(member, _)| same(member, &name));
            let places = places.map_or(&Places::Other, |(_, places)| places);
            let fate = self.value(places).map_err(|error| error.in_field(&name))?;
            if fate == Fate::Goes {
                whole = Fate::Goes;
            }
            let is_hidden = self.edits && matches!(places, Places::Hidden);
            self.end(&mut parts, if is_hidden { Fate::Goes } else { Fate::Stays });
        }
        Ok(whole)
    }

    fn entries(
        &mut self,
        name: &Places<T>,
        value: &Places<T>,
        is_single: bool,
    ) -> Result<Fate, BodyError> {
        self.reader.open(b'{', "an object")?;
        let mut parts = Parts::new(self.at());
        let mut whole = Fate::Stays;
        while self.next(&mut parts, b'}')? {
            let (_, start) = self.reader.peek();
            let mut fate = self.name(name)?;
            self.reader.colon()?;
            let of_value = self.value(value).map_err(|error| error.or_at(start))?;
            if of_value == Fate::Goes {
                fate = Fate::Goes;
            }
            if is_single && fate == Fate::Goes {
                whole = Fate::Goes;
            }
            self.end(&mut parts, fate);
        }
        Ok(whole)
    }

    /// Reads the name of an entry.
    fn name(&mut self, places: &Places<T>) -> Result<Fate, BodyError> {
        let (first, start) = self.reader.peek();
        if first == Some(b'{') {
            return self.value(places);
        }
        let name = self.reader.name()?;
        match places {
            Places::Text(meaning) => Ok(self.string(start, *meaning, name)),
            Places::Other => Ok(Fate::Stays),
            // The text of an object, in a string. It cannot be borrowed, as it is unescaped.
            _ => {
                let change = &mut *self.change;
                let mut inner =
                    |meaning, text: Cow<'_, str>| change(meaning, Cow::Owned(text.into_owned()));
                match edit_with(name.as_bytes(), places, &mut inner)? {
                    None => Ok(Fate::Stays),
                    Some(text) if text.is_empty() => Ok(Fate::Goes),
                    Some(text) => {
                        self.put(start, &String::from_utf8_lossy(&text));
                        Ok(Fate::Stays)
                    }
                }
            }
        }
    }

    /// Whether another part follows.
    fn next(&mut self, parts: &mut Parts, close: u8) -> Result<bool, BodyError> {
        (parts.written, parts.copied, parts.start) = (self.out.len(), self.copied, self.at());
        if !self.reader.more(parts.first, close)? {
            return Ok(false);
        }
        if !parts.first && !parts.any_stays {
            // The comma belonged to parts that are left out.
            self.copy_to(parts.start);
            self.copied = self.at();
        }
        parts.first = false;
        Ok(true)
    }

    fn end(&mut self, parts: &mut Parts, fate: Fate) {
        match fate {
            Fate::Stays => parts.any_stays = true,
            Fate::Goes => {
                self.changed = true;
                self.out.truncate(parts.written);
                self.copied = parts.copied;
                self.copy_to(parts.start);
                self.copied = self.at();
            }
        }
    }
}

impl Parts {
    fn new(start: usize) -> Self {
        Self { any_stays: false, first: true, written: 0, copied: 0, start }
    }
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
    use super::{Change, Places, edit, find};

    const QUEUE: Places<char> = Places::Members(&[("topic", Places::Text('t'))]);
    const PLACES: Places<char> = Places::Members(&[
        ("groupName", Places::Text('g')),
        ("list", Places::Each(&QUEUE)),
        ("names", Places::Each(&Places::Text('t'))),
        ("table", Places::Entries(&QUEUE, &Places::Other)),
        ("groups", Places::Entries(&Places::Text('g'), &QUEUE)),
        ("singles", Places::Each(&Places::Single(&Places::Text('g'), &Places::Other))),
        (
            "either",
            Places::ListOrObject(&Places::Each(&QUEUE), &Places::Entries(&QUEUE, &Places::Other)),
        ),
        ("count", Places::Hidden),
    ]);

    fn found(json: &str) -> Result<Vec<(char, String)>, String> {
        let mut all = Vec::new();
        find(json.as_bytes(), &PLACES, |meaning, text| all.push((meaning, text.into_owned())))
            .map_err(|error| error.to_string())?;
        Ok(all)
    }

    /// Strings that begin with `-` go, those with `+` lose it.
    fn edited(json: &str) -> String {
        let change = |_, text: &str| match text.split_at_checked(1) {
            Some(("-", _)) => Change::Remove,
            Some(("+", rest)) => Change::Replace(rest.to_owned()),
            _ => Change::Keep,
        };
        let new = edit(json.as_bytes(), &PLACES, change).unwrap();
        new.map_or(json.to_owned(), |new| String::from_utf8(new.to_vec()).unwrap())
    }

    #[test]
    fn strings_are_found_where_they_are() {
        let json = r#"{"x":[1,{"topic":"no"}],"list":[{"topic":"a\u0062"},{topic:'c',y:2},{}],"groupName":7,
            "table":{{"topic":"d"}:1,"{\"topic\":\"e\"}":2},"groups":{f:{topic:"g"}},"count":"h"}"#;
        let expected =
            [('t', "ab"), ('t', "c"), ('g', "7"), ('t', "d"), ('t', "e"), ('g', "f"), ('t', "g")];
        assert_eq!(
            found(json).unwrap(),
            expected.map(|(meaning, text)| (meaning, text.to_owned()))
        );
    }

    #[test]
    fn repeated_members_and_names_in_another_case_are_all_found() {
        let json = r#"{"groupName":"a","groupName":"b","GROUP_NAME":"c","list":null,"List":[{"Topic":"d"}]}"#;
        let texts: Vec<_> = found(json).unwrap().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_value_of_another_type_is_an_error_that_names_its_place() {
        let error = found(r#"{"list":[{},{"topic":{}}]}"#).unwrap_err();
        assert!(error.starts_with("the body's list[1].topic, at byte 21"), "{error}");
        for json in
            ["", "{", r#"{"list":{}}"#, r#"{"groupName":true}"#, "{} 1", r#"{"table":{"a":1}}"#]
        {
            assert!(found(json).is_err(), "{json}");
        }
    }

    #[test]
    fn strings_are_changed_and_their_parts_left_out() {
        for (json, expected) in [
            (r#"{"names":["-a"]}"#, r#"{"names":[]}"#),
            (r#"{"names":["-a", "b"]}"#, r#"{"names":["b"]}"#),
            (r#"{"names":["a" , "-b"]}"#, r#"{"names":["a"]}"#),
            (r#"{"names":["-a","+b","-c","d","-e","+f"]}"#, r#"{"names":["b","d","f"]}"#),
            (r#"{"names":["-a","-b","-c"],"x": 1}"#, r#"{"names":[],"x": 1}"#),
            (
                r#"{"list":[{"y":"+","topic":"+a"},{"z":1,"topic":"-b","w":[]}]}"#,
                r#"{"list":[{"y":"+","topic":"a"}]}"#,
            ),
            (r#"{"groupName":"+a\"b"}"#, r#"{"groupName":"a\"b"}"#),
            (r#"{"count":1,"x":2}"#, r#"{"x":2}"#),
            (r#"{"x":2,"count":1}"#, r#"{"x":2}"#),
            (r#"{"count":1}"#, "{}"),
            (
                r#"{"table":{{"q":1,"topic":"-a"}:{},{"topic":"+b"}:{}}}"#,
                r#"{"table":{{"topic":"b"}:{}}}"#,
            ),
            (
                r#"{"table":{"{\"topic\":\"-a\"}":1,"{\"topic\":\"+b\"}":2}}"#,
                r#"{"table":{"{\"topic\":\"b\"}":2}}"#,
            ),
            (
                r#"{"groups":{"+a":{"topic":"+b"},"-c":{"topic":"+d"},"e":{"topic":"-f"}}}"#,
                r#"{"groups":{"a":{"topic":"b"}}}"#,
            ),
            (r#"{"singles":[{"-a":[]},{"+b":[]}]}"#, r#"{"singles":[{"b":[]}]}"#),
            (r#"{"either":[{"topic":"-a"},{"topic":"+b"}]}"#, r#"{"either":[{"topic":"b"}]}"#),
            (
                r#"{"either":{{"topic":"-a"}:1,{"topic":"+b"}:2}}"#,
                r#"{"either":{{"topic":"b"}:2}}"#,
            ),
            (r#"{"groupName":"-a"}"#, ""),
            (r#"{"x":[ 1 ,{"topic":"-a"}]}"#, r#"{"x":[ 1 ,{"topic":"-a"}]}"#),
        ] {
            assert_eq!(edited(json), expected, "{json}");
        }
    }
}
