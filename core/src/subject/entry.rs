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
    pub(super) body: Option<Places<Kind>>,
    pub(super) answer: Answer,
    /// Ext fields with names that the request does not act on.
    pub(super) also: &'static [Field],
    /// Ext fields that are not passed on when names are rewritten, as they would count those of others.
    pub(super) unasked: &'static [&'static str],
    /// The ext field with the properties of a message.
    pub(super) properties: Option<&'static str>,
    pub(super) messages: Messages,
    /// The value that an ext field must have: others are about something else than names.
    pub(super) needs: Option<(&'static str, &'static str)>,
    /// Where the answer has names. `None` if what it tells cannot be told apart by names.
    pub(super) tells: Option<Tells>,
}

/// The messages in the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Messages {
    None,
    /// A batch.
    Batch,
    /// A batch if this ext field is true.
    BatchIf(&'static str),
    /// Stored messages.
    Stored,
}

/// The content of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tells {
    /// Ext fields that speak of others, and what is put in their place.
    pub(super) masked: &'static [(&'static str, Option<&'static str>)],
    pub(super) body: Body,
}

/// The body of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// The answer has no body.
    Empty,
    /// It has no names.
    Nameless,
    Json(Places<Kind>),
    /// Stored messages.
    Stored,
}

impl Tells {
    /// Nothing but what the request names.
    pub(super) const NOTHING: Self = Self { masked: &[], body: Body::Empty };

    pub(super) const fn json(places: Places<Kind>) -> Self {
        Self { body: Body::Json(places), ..Self::NOTHING }
    }

    pub(super) const fn body(body: Body) -> Self {
        Self { body, ..Self::NOTHING }
    }

    pub(super) const fn masked(
        self,
        masked: &'static [(&'static str, Option<&'static str>)],
    ) -> Self {
        Self { masked, ..self }
    }
}

/// An ext field that holds names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    /// The separator of several names.
    separator: Option<char>,
    /// The kind of the names after the first one, if they have another one.
    others: Option<Kind>,
    /// The value that another field must have: this one holds no name otherwise.
    only_if: Option<(&'static str, &'static str)>,
}

impl Field {
    const fn new(kind: Kind, name: &'static str) -> Self {
        Self { kind, name, separator: None, others: None, only_if: None }
    }

    /// A topic whose settings are copied.
    pub(super) const fn template(name: &'static str) -> Self {
        Self::new(Kind::Template, name)
    }

    pub(super) const fn client(name: &'static str) -> Self {
        Self::new(Kind::Client, name)
    }

    pub(super) const fn topic(name: &'static str) -> Self {
        Self::new(Kind::Topic, name)
    }

    pub(super) const fn group(name: &'static str) -> Self {
        Self::new(Kind::Group, name)
    }

    pub(super) const fn producers(name: &'static str) -> Self {
        Self::new(Kind::ProducerGroup, name)
    }

    pub(super) const fn separated_by(self, separator: char) -> Self {
        Self { separator: Some(separator), ..self }
    }

    /// The names after the first one are of this kind.
    pub(super) const fn then(self, others: Kind) -> Self {
        Self { others: Some(others), ..self }
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
    pub(super) fn names<'a>(
        &self,
        value: &'a str,
    ) -> impl Iterator<Item = (Kind, &'a str)> + use<'a> {
        let Self { separator, kind, others, .. } = *self;
        let parts = value.split(move |character| Some(character) == separator);
        parts.enumerate().map(move |(index, name)| match others {
            Some(others) if index > 0 => (others, name),
            _ => (kind, name),
        })
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
            also: &[],
            unasked: &[],
            properties: None,
            messages: Messages::None,
            needs: None,
            tells: None,
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

    pub(super) const fn body(self, places: Places<Kind>) -> Self {
        Self { body: Some(places), ..self }
    }

    pub(super) const fn also(self, also: &'static [Field]) -> Self {
        Self { also, ..self }
    }

    pub(super) const fn unasked(self, unasked: &'static [&'static str]) -> Self {
        Self { unasked, ..self }
    }

    pub(super) const fn properties(self, field: &'static str) -> Self {
        Self { properties: Some(field), ..self }
    }

    pub(super) const fn messages(self, messages: Messages) -> Self {
        Self { messages, ..self }
    }

    pub(super) const fn needs(self, field: (&'static str, &'static str)) -> Self {
        Self { needs: Some(field), ..self }
    }

    pub(super) const fn tells(self, tells: Tells) -> Self {
        Self { tells: Some(tells), ..self }
    }

    pub(super) const fn answers(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }
}
