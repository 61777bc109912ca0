use super::{Action, Answer, Kind};
use crate::command::{ExtFields, RequestCode};
use crate::protocol::json::places::Places;

/// What is known about the requests of one code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) code: RequestCode,
    pub(super) action: Action,
    /// The ext fields that hold names.
    pub(super) fields: &'static [Field],
    /// The ext field with the number of a queue.
    pub(super) queue: Option<&'static str>,
    /// The ext field with the id of a client.
    pub(super) client: Option<&'static str>,
    /// Where the JSON body holds names.
    pub(super) body: Option<Places<Meaning>>,
    pub(super) answer: Answer,
}

/// The meaning of a string in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Name(Kind),
    Client,
}

/// An ext field that holds names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    /// The separator of several names.
    separator: Option<char>,
    /// The value that another field must have: this one holds no name otherwise.
    only_if: Option<(&'static str, &'static str)>,
}

impl Field {
    pub(super) const fn topic(name: &'static str) -> Self {
        Self { kind: Kind::Topic, name, separator: None, only_if: None }
    }

    pub(super) const fn group(name: &'static str) -> Self {
        Self { kind: Kind::Group, name, separator: None, only_if: None }
    }

    pub(super) const fn producers(name: &'static str) -> Self {
        Self { kind: Kind::ProducerGroup, name, separator: None, only_if: None }
    }

    pub(super) const fn separated_by(self, separator: char) -> Self {
        Self { separator: Some(separator), ..self }
    }

    pub(super) const fn only_if(self, field: &'static str, value: &'static str) -> Self {
        Self { only_if: Some((field, value)), ..self }
    }

    /// Returns the value of the field, if it holds names.
    pub(super) fn value<'a>(&self, fields: &'a ExtFields) -> Option<&'a str> {
        let value = fields.get(self.name)?;
        match self.only_if {
            Some((field, value)) if fields.get(field) != Some(value) => None,
            _ => Some(value),
        }
    }

    /// Returns the names in the field's value.
    pub(super) fn names<'a>(&self, value: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let separator = self.separator;
        value.split(move |character| Some(character) == separator)
    }

    pub(super) const fn separator(&self) -> Option<char> {
        self.separator
    }
}

impl Entry {
    pub(super) const fn new(code: RequestCode, action: Action) -> Self {
        Self {
            code,
            action,
            fields: &[],
            queue: None,
            client: None,
            body: None,
            answer: Answer::Nothing,
        }
    }

    pub(super) const fn names(self, fields: &'static [Field]) -> Self {
        Self { fields, ..self }
    }

    pub(super) const fn queue(self, field: &'static str) -> Self {
        Self { queue: Some(field), ..self }
    }

    pub(super) const fn client(self, field: &'static str) -> Self {
        Self { client: Some(field), ..self }
    }

    pub(super) const fn body(self, places: Places<Meaning>) -> Self {
        Self { body: Some(places), ..self }
    }

    pub(super) const fn answers(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }
}
