//! Errors that say what the answer is.

use rocketmq_tower::{Abort, BoxError, ResponseCode};
use std::borrow::Cow;

/// Ends a request with this code and remark. Any other error is answered with `SYSTEM_ERROR` and its
/// text, by the stack's `recover`.
pub(crate) fn refuse(code: ResponseCode, remark: impl Into<Cow<'static, str>>) -> BoxError {
    Abort::new(code, remark).into()
}
