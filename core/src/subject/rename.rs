//! Changes the names in a request.

use super::entry::{Entry, Field, Meaning};
use super::{Kind, SubjectError, table};
use crate::codec::json::write_string;
use crate::command::{ExtFields, RemotingCommand};
use crate::protocol::json::BodyError;
use crate::protocol::json::places::{Places, find};
use bytes::BytesMut;
use std::borrow::Cow;
use std::ops::Range;

pub(super) fn rename<F>(request: &mut RemotingCommand, mut to: F) -> Result<(), SubjectError>
where
    F: for<'n> FnMut(Kind, &'n str) -> Cow<'n, str>,
{
    let code = request.request_code();
    let Some(entry) = table::entry(code) else { return Ok(()) };
    // The body first: an error leaves the request as it was.
    if let Some(body) =
        renamed_body(request, entry, &mut to).map_err(|source| SubjectError { code, source })?
    {
        request.set_body(body);
    }
    for field in entry.fields {
        if let Some(value) = renamed_field(request.ext_fields(), field, &mut to) {
            request.ext_fields_mut().insert(field.name, &value);
        }
    }
    Ok(())
}

/// Returns the new value of a field, if a name in it changes.
fn renamed_field<F>(fields: &ExtFields, field: &Field, to: &mut F) -> Option<String>
where
    F: for<'n> FnMut(Kind, &'n str) -> Cow<'n, str>,
{
    let value = field.value(fields)?;
    let mut renamed = String::new();
    for (index, name) in field.names(value).enumerate() {
        if index > 0 {
            renamed.extend(field.separator());
        }
        renamed.push_str(&if name.is_empty() { name.into() } else { to(field.kind, name) });
    }
    (renamed != value).then_some(renamed)
}

/// Returns the new body, if a name in it changes. All but the names stays as it is.
fn renamed_body<F>(
    request: &RemotingCommand,
    entry: &Entry,
    to: &mut F,
) -> Result<Option<BytesMut>, BodyError>
where
    F: for<'n> FnMut(Kind, &'n str) -> Cow<'n, str>,
{
    let body = request.body();
    let Some(places) = entry.body.as_ref().filter(|_| !body.is_empty()) else { return Ok(None) };
    let changes = changes(body, places, to)?;
    if changes.is_empty() {
        return Ok(None);
    }
    let mut renamed = BytesMut::with_capacity(body.len() + 16 * changes.len());
    let mut copied = 0;
    for (at, name) in changes {
        renamed.extend_from_slice(&body[copied..at.start]);
        write_string(name.as_bytes(), &mut renamed);
        copied = at.end;
    }
    renamed.extend_from_slice(&body[copied..]);
    Ok(Some(renamed))
}

/// Returns where names change, in order, and to which.
fn changes<F>(
    body: &[u8],
    places: &Places<Meaning>,
    to: &mut F,
) -> Result<Vec<(Range<usize>, String)>, BodyError>
where
    F: for<'n> FnMut(Kind, &'n str) -> Cow<'n, str>,
{
    let mut changes = Vec::new();
    find(body, places, |found| {
        let Meaning::Name(kind) = found.meaning else { return };
        let name = to(kind, &found.text);
        if !found.text.is_empty() && name != found.text {
            changes.push((found.at, name.into_owned()));
        }
    })?;
    Ok(changes)
}
