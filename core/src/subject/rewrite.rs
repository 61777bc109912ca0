//! Changes the names in requests and answers, and leaves out what others name.

use super::entry::{Body, Entry, Field, Messages};
use super::messages::{self, Changed};
use super::{Kind, Rewritten, SubjectError, table};
use crate::command::{RemotingCommand, RequestCode};
use crate::message::MessageError;
use crate::protocol::json::BodyError;
use crate::protocol::json::places::{Change, Places, edit};
use Rewritten::{Gone, Kept};
use std::borrow::Cow;

type Changes<'f> = &'f mut dyn FnMut(Kind, &str) -> Change;

/// Renames what the request acts on, and nothing else.
pub(super) fn rename<F>(request: &mut RemotingCommand, mut to: F) -> Result<(), SubjectError>
where
    F: for<'n> FnMut(Kind, &'n str) -> Cow<'n, str>,
{
    let code = request.request_code();
    let Some(entry) = table::entry(code) else { return Ok(()) };
    let mut change = |kind, name: &str| match kind {
        Kind::Client => Change::Keep,
        kind => match to(kind, name) {
            new if new == name => Change::Keep,
            new => Change::Replace(new.into_owned()),
        },
    };
    // The body first: an error leaves the request as it was.
    if let Some(places) = &entry.body {
        _ = json(request, places, &mut change).map_err(|source| SubjectError { code, source })?;
    }
    for named in entry.fields {
        _ = field(request, named, &mut change);
    }
    Ok(())
}

/// Changes all names of a request.
pub(super) fn request(
    request: &mut RemotingCommand,
    change: Changes<'_>,
) -> Result<Rewritten, SubjectError> {
    let code = request.request_code();
    let Some(entry) = table::entry(code) else { return Ok(Gone) };
    let unreadable = |source| SubjectError { code, source };
    if body(request, entry, change).map_err(unreadable)? == Gone {
        return Ok(Gone);
    }
    let client = entry.client.map(Field::client);
    for named in entry.fields.iter().chain(entry.also).chain(client.as_ref()) {
        if field(request, named, change) == Gone {
            return Ok(Gone);
        }
    }
    if let Some(properties) = entry.properties {
        let text = request.ext_fields().get(properties).unwrap_or_default();
        match messages::properties(text, change) {
            Changed::No => {}
            Changed::To(text) => request.ext_fields_mut().insert(properties, &text),
            Changed::Goes => return Ok(Gone),
        }
    }
    for name in entry.unasked {
        if request.ext_fields().contains(name) {
            request.ext_fields_mut().remove(name);
        }
    }
    Ok(Kept)
}

fn body(
    request: &mut RemotingCommand,
    entry: &Entry,
    change: Changes<'_>,
) -> Result<Rewritten, BodyError> {
    if let Some(places) = &entry.body {
        return json(request, places, change);
    }
    let is_batch = match entry.messages {
        Messages::None => return Ok(Kept),
        Messages::Stored => return stored(request, change),
        Messages::Batch => true,
        // As lenient as the reading of such a header.
        Messages::BatchIf(field) => {
            let value = request.ext_fields().get(field).unwrap_or_default();
            value == "1" || value.eq_ignore_ascii_case("true")
        }
    };
    if !is_batch {
        return Ok(Kept);
    }
    let changed = messages::batch(request.body(), change);
    set_body(request, changed.map_err(|error| not_messages(&error))?)
}

/// Changes the names of an answer to a request with this code.
pub(super) fn answer(
    code: RequestCode,
    answer: &mut RemotingCommand,
    change: Changes<'_>,
) -> Result<Rewritten, SubjectError> {
    let Some(tells) = table::entry(code).and_then(|entry| entry.tells.as_ref()) else {
        return Ok(Gone);
    };
    for (name, value) in tells.masked {
        if answer.ext_fields().contains(name) {
            match value {
                Some(value) => answer.ext_fields_mut().insert(name, value),
                None => _ = answer.ext_fields_mut().remove(name),
            }
        }
    }
    let kept = match &tells.body {
        _ if answer.body().is_empty() => Ok(Kept),
        Body::Nameless => Ok(Kept),
        Body::Empty => {
            drop(answer.take_body());
            Ok(Kept)
        }
        Body::Json(places) => json(answer, places, change),
        Body::Stored => stored(answer, change),
    };
    kept.map_err(|source| SubjectError { code, source })
}

/// Changes the names in an ext field. Those of a list may go; if the only one goes, the field stays as it
/// is.
fn field(command: &mut RemotingCommand, field: &Field, change: Changes<'_>) -> Rewritten {
    let Some(value) = field.value(command.ext_fields()).filter(|value| !value.is_empty()) else {
        return Kept;
    };
    let mut new = String::new();
    let mut is_first = true;
    for (kind, name) in field.names(value) {
        let changed = match name {
            "" => Change::Keep,
            name => change(kind, name),
        };
        let name = match &changed {
            Change::Keep => name,
            Change::Replace(name) => name,
            Change::Remove if field.separator().is_none() => return Gone,
            Change::Remove => continue,
        };
        if !is_first {
            new.extend(field.separator());
        }
        is_first = false;
        new.push_str(name);
    }
    if new != value {
        command.ext_fields_mut().insert(field.name, &new);
    }
    Kept
}

fn json(
    command: &mut RemotingCommand,
    places: &Places<Kind>,
    change: Changes<'_>,
) -> Result<Rewritten, BodyError> {
    if command.body().is_empty() {
        return Ok(Kept);
    }
    let changed = edit(command.body(), places, |kind, name: &str| match name {
        "" => Change::Keep,
        name => change(kind, name),
    })?;
    match changed {
        None => Ok(Kept),
        Some(new) => set_body(
            command,
            if new.is_empty() { Changed::Goes } else { Changed::To(new.freeze()) },
        ),
    }
}

fn stored(command: &mut RemotingCommand, change: Changes<'_>) -> Result<Rewritten, BodyError> {
    let changed = messages::stored(command.body(), change);
    set_body(command, changed.map_err(|error| not_messages(&error))?)
}

fn set_body(
    command: &mut RemotingCommand,
    changed: Changed<bytes::Bytes>,
) -> Result<Rewritten, BodyError> {
    match changed {
        Changed::No => Ok(Kept),
        Changed::To(body) => {
            command.set_body(body);
            Ok(Kept)
        }
        Changed::Goes => {
            drop(command.take_body());
            Ok(Gone)
        }
    }
}

fn not_messages(error: &MessageError) -> BodyError {
    BodyError::new(0, error.to_string())
}
