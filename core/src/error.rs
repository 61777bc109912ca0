//! Errors that several modules use, and helpers for error chains.
//!
//! The `Display` of an error leaves out its source. With `{:#}`, errors of rocketmq-tower print it and
//! its sources too: `outer: inner: innermost`, as [`chain_text`] does for any error.

use crate::command::{RequestCode, ResponseCode};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A boxed error, as tower's middleware uses it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Ends a request with this response code and remark, like RocketMQ's `AbortProcessException`.
///
/// Processors, layers and hooks return it as an error. The layer `recover` finds it anywhere in the
/// error's chain of sources and turns it into a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("aborted with {code}: {remark}")]
#[non_exhaustive]
pub struct Abort {
    /// The code of the response.
    pub code: ResponseCode,
    /// The remark of the response.
    pub remark: Cow<'static, str>,
}

impl Abort {
    /// Creates an abort with this code and remark.
    #[must_use]
    pub fn new(code: ResponseCode, remark: impl Into<Cow<'static, str>>) -> Self {
        Self { code, remark: remark.into() }
    }
}

/// No processor is registered for the request's code.
///
/// The response is `REQUEST_CODE_NOT_SUPPORTED`. Its remark starts with a blank, as Java's does.
/// Exhaustive, so that routers of others can return it: the code is all there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(" request type {} not supported", .0.as_i32())]
pub struct UnsupportedCode(pub RequestCode);

/// Returns the first error of type `E` in the chain of sources of `error`, including `error` itself
/// and errors wrapped in an `io::Error` or an `Arc<dyn Error + Send + Sync>`.
///
/// Wrappers that stand in for another error (`#[error(transparent)]` of thiserror, `anyhow::Error`)
/// hide it. Use `#[source]` instead, or convert by hand.
#[must_use]
pub fn find_source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = held(error).or_else(|| error.source());
    }
    None
}

/// Returns the error that `error` wraps and that its `source` skips.
fn held<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return error.get_ref().map(|held| held as &(dyn Error + 'static));
    }
    // A field `#[source] Arc<dyn Error + Send + Sync>` returns the `Arc` as the source.
    let shared = error.downcast_ref::<Arc<dyn Error + Send + Sync>>()?;
    Some(&**shared)
}

/// Returns `error` and its sources.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// Returns `error` and its sources as one text, `outer: inner: innermost`.
#[must_use]
pub fn chain_text(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in chain(error).skip(1) {
        text.push_str(": ");
        text.push_str(&cause.to_string());
    }
    text
}

/// Writes `error` and its sources, each after a colon, if `f` is alternate: if `{:#}` was asked for.
/// For the `Display` of errors that have a source.
///
/// # Errors
/// If writing fails.
pub fn write_causes(f: &mut fmt::Formatter<'_>, error: &(dyn Error + 'static)) -> fmt::Result {
    if f.alternate() {
        for cause in chain(error) {
            write!(f, ": {cause}")?;
        }
    }
    Ok(())
}

/// Defines functions for `#[error(fmt = ..)]` of thiserror: each writes a text, and with `{:#}` also
/// the causes. The last expression is the cause.
///
/// Not part of the public interface: it is for the crates of rocketmq-tower.
#[doc(hidden)]
#[macro_export]
macro_rules! texts_with_causes {
    ($($name:ident($($field:ident: $Type:ty),*) $text:literal, $cause:expr;)+) => {$(
        fn $name($($field: &$Type,)* f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_fmt(format_args!($text))?;
            $crate::error::write_causes(f, $cause)
        }
    )+};
}

/// Runs `f` and returns its result, or the message of its panic.
///
/// The panic hook has already run when this returns. State that `f` was changing may be
/// inconsistent; the caller should drop it.
///
/// # Errors
/// If `f` panics: the panic's message, or "no message" if its payload is not a string.
pub fn catch_panic<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        text.unwrap_or("no message").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::{Abort, UnsupportedCode, chain_text, find_source};
    use crate::codec::DecodeError;
    use crate::command::ResponseCode;
    use crate::{CallError, CloseReason};
    use std::io;
    use std::sync::Arc;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Abort);

    #[test]
    fn a_source_is_found_at_any_depth() {
        let abort = Abort::new(ResponseCode::NO_PERMISSION, "no");
        let error = Outer(abort.clone());
        assert_eq!(find_source::<Abort>(&error), Some(&abort));
        assert!(find_source::<UnsupportedCode>(&error).is_none());
        let wrapped = io::Error::other(Outer(abort.clone()));
        assert_eq!(find_source::<Abort>(&wrapped), Some(&abort));
        assert!(find_source::<UnsupportedCode>(&io::Error::from_raw_os_error(1)).is_none());
        assert_eq!(chain_text(&error), "outer: aborted with NO_PERMISSION: no");
    }

    /// Errors that can be cloned, which some middleware needs.
    #[derive(Clone, Debug, thiserror::Error)]
    #[error("shared")]
    struct Shared(#[source] Arc<dyn std::error::Error + Send + Sync>);

    #[test]
    fn a_shared_source_is_found() {
        let abort = Abort::new(ResponseCode::NO_PERMISSION, "no");
        let shared = Shared(Arc::new(Outer(abort.clone())));
        assert_eq!(find_source::<Abort>(&shared), Some(&abort));
        let direct = Shared(Arc::new(abort.clone()));
        assert_eq!(find_source::<Abort>(&direct), Some(&abort));
        assert!(find_source::<UnsupportedCode>(&direct).is_none());
    }

    #[test]
    fn alternate_texts_have_the_causes() {
        let broken = || io::Error::other(Outer(Abort::new(ResponseCode::NO_PERMISSION, "no")));
        let causes = "outer: aborted with NO_PERMISSION: no";
        let reason = CloseReason::Io(Arc::new(broken()));
        assert_eq!(format!("{reason:#}"), format!("the connection failed: {causes}"));
        assert_eq!(format!("{reason}"), "the connection failed");
        let error = CallError::Closed(reason);
        let text = "the connection closed before the response arrived";
        assert_eq!(format!("{error:#}"), format!("{text}: the connection failed: {causes}"));
        assert_eq!(format!("{error}"), text);
        assert_eq!(format!("{:#}", DecodeError::Io(broken())), format!("reading failed: {causes}"));
        assert_eq!(format!("{:#}", CloseReason::Idle), "the connection was idle");
    }

    #[test]
    fn the_text_for_an_unknown_code_is_javas() {
        assert_eq!(UnsupportedCode(77.into()).to_string(), " request type 77 not supported");
        assert_eq!(UnsupportedCode(34.into()).to_string(), " request type 34 not supported");
    }
}
