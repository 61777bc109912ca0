//! Errors that become responses with a certain code.

use rocketmq_tower::{Abort, BoxError, ResponseCode};
use std::borrow::Cow;

/// Returns an error that becomes a response with this code and remark. Any other error becomes a
/// response with `SYSTEM_ERROR` and its text, by the layer `recover` of the stack.
pub(crate) fn refuse(code: ResponseCode, remark: impl Into<Cow<'static, str>>) -> BoxError {
    Abort::new(code, remark).into()
}
