//! Responses that the driver makes itself.

use crate::channel::Addr;
use crate::command::{RemotingCommand, RequestCode, ResponseCode};
use crate::error::Abort;
use crate::sync::lock;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The maximum number of request codes that are logged, since peers choose the codes.
const MAX_CODES: usize = 1024;

/// The codes that were logged, for the whole process.
static LOGGED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Creates the response to a request whose service returned `None` without a deferral. Logs a
/// warning at the first request of each code.
#[cold]
pub(super) fn no_answer(code: i32, peer: &Addr) -> RemotingCommand {
    if is_first(code) {
        let code = RequestCode::from(code);
        tracing::warn!(
            %peer, %code, "a processor returned no response, and did not defer it; logged once for each code"
        );
    }
    system_error("no answer: the processor returned no response, and did not defer it".into())
}

fn is_first(code: i32) -> bool {
    let mut logged = lock(&LOGGED);
    logged.len() < MAX_CODES && logged.insert(code)
}

/// Puts the noted abort, if any, into a response that stands in for an unknown error.
#[cold]
pub(super) fn use_noted(noted: Option<Abort>, response: &mut Option<RemotingCommand>) {
    let stand_in = response.as_mut().filter(|response| response.is_stand_in());
    if let (Some(abort), Some(response)) = (noted, stand_in) {
        response.set_code(abort.code);
        response.set_remark(abort.remark);
    }
}

/// Creates the `SYSTEM_ERROR` response for an error that no layer has turned into a response.
pub(super) fn system_error(text: String) -> RemotingCommand {
    let mut response = RemotingCommand::response(ResponseCode::SYSTEM_ERROR).with_remark(text);
    response.set_stand_in();
    response
}
