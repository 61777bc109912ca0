//! Errors that become responses with a certain code.

use rocketmq_tower::{Abort, BoxError, ResponseCode};
use std::borrow::Cow;

/// Returns an error that becomes a response with this code and remark. Any other error becomes a
/// response with `SYSTEM_ERROR` and its text, by the layer `recover` of the stack.
pub(crate) fn refuse(code: ResponseCode, remark: impl Into<Cow<'static, str>>) -> BoxError {
    Abort::new(code, remark).into()
}

/// What was refused of a request with several items. One that is refused does not fail the others; the
/// response names the first one.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    first: Option<BoxError>,
    more: usize,
}

impl Refused {
    /// Notes an item's error, if it has failed.
    pub(crate) fn note<T>(&mut self, item: Result<T, BoxError>) -> Option<T> {
        match item {
            Ok(item) => return Some(item),
            Err(_) if self.first.is_some() => self.more += 1,
            Err(error) => self.first = Some(error),
        }
        None
    }

    /// Fails if anything was refused, with the code of the first error.
    pub(crate) fn result(self) -> Result<(), BoxError> {
        let Some(first) = self.first else { return Ok(()) };
        if self.more == 0 {
            return Err(first);
        }
        let more = |text: &str| format!("{text}; {} more items were refused", self.more);
        Err(match first.downcast::<Abort>() {
            Ok(abort) => refuse(abort.code, more(&abort.remark)),
            Err(error) => more(&error.to_string()).into(),
        })
    }
}
