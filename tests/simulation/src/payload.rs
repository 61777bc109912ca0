//! The contents of requests, which identify each one, and the expected responses.

use crate::journal::{CallId, End};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use rocketmq_tower::{RemotingCommand, ResponseCode};
use std::time::Duration;

/// The response that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Kind {
    /// The body, at once.
    Echo = 30_001,
    /// The body, after a while.
    Slow,
    /// The body, after a while, through a responder.
    Defer,
    /// None: the responder is dropped after a while.
    Abandon,
    /// The body, after a call in the other direction.
    CallBack,
    /// An error.
    Fail,
    /// None.
    Swallow,
}

const KINDS: [Kind; 7] =
    [Kind::Echo, Kind::Slow, Kind::Defer, Kind::Abandon, Kind::CallBack, Kind::Fail, Kind::Swallow];

impl Kind {
    pub(crate) fn of(request: &RemotingCommand) -> Option<Self> {
        KINDS.into_iter().find(|kind| *kind as i32 == request.code())
    }
}

/// Builds the request of this call, padded to `length` bytes.
pub(crate) fn request(id: CallId, kind: Kind, work: Duration, length: usize) -> RemotingCommand {
    let mut body = BytesMut::with_capacity(length.max(12));
    body.put_u64(id.0);
    body.put_u32(work.as_millis() as u32);
    body.resize(length.max(12), id.0 as u8);
    let mut command = RemotingCommand::request(kind as i32).with_body(body);
    command.set_opaque(-(id.0 as i32));
    command
}

/// Returns the call of a request, and how long the request is to take.
pub(crate) fn parse(mut body: &[u8]) -> Option<(CallId, Duration)> {
    if body.len() < 12 {
        return None;
    }
    let id = CallId(body.get_u64());
    Some((id, Duration::from_millis(body.get_u32().into())))
}

/// Returns how a call ended, according to its response.
///
/// # Errors
/// If it cannot be the response to this call.
pub(crate) fn judge(
    id: CallId,
    kind: Kind,
    sent: &Bytes,
    answer: &RemotingCommand,
) -> Result<End, String> {
    let remark = answer.remark().unwrap_or_default();
    let wrong = || Err(format!("{kind:?} of {id:?} was answered with {answer:?}"));
    if answer.opaque() != -(id.0 as i32) {
        return wrong();
    }
    match (answer.response_code(), kind) {
        (ResponseCode::SUCCESS, Kind::Echo | Kind::Slow | Kind::Defer | Kind::CallBack)
            if answer.body() == sent =>
        {
            Ok(End::Answered)
        }
        (ResponseCode::SYSTEM_ERROR, Kind::Fail) if remark.contains(&failure(id)) => {
            Ok(End::Failed)
        }
        (ResponseCode::SYSTEM_ERROR, Kind::CallBack) if remark.contains(&failure(id)) => {
            Ok(End::Failed)
        }
        (ResponseCode::SYSTEM_ERROR, Kind::Abandon) if remark.contains("unanswered") => {
            Ok(End::Failed)
        }
        (ResponseCode::SYSTEM_BUSY, _) => Ok(End::Busy),
        (ResponseCode::GO_AWAY, _) => Ok(End::GoAway),
        _ => wrong(),
    }
}

/// Returns the error text of the failed request of this call.
pub(crate) fn failure(id: CallId) -> String {
    format!("call {} fails on purpose", id.0)
}
