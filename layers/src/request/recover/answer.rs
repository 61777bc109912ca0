use rocketmq_tower_core::channel::DeferError;
use rocketmq_tower_core::command::remark;
use rocketmq_tower_core::error::{chain_text, find_source};
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, Reply, ResponseCode, UnsupportedCode};
use std::error::Error;

/// Returns the protocol's response to an error, by the table in the
/// [module's documentation](super).
#[must_use]
pub fn answer(error: &(dyn Error + 'static)) -> RemotingCommand {
    if let Some(abort) = find_source::<Abort>(error) {
        return RemotingCommand::response(abort.code).with_remark(abort.remark.clone());
    }
    if let Some(unsupported) = find_source::<UnsupportedCode>(error) {
        return RemotingCommand::response(ResponseCode::REQUEST_CODE_NOT_SUPPORTED)
            .with_remark(unsupported.to_string());
    }
    let deferred = find_source::<DeferError>(error);
    if find_source::<tower::load_shed::error::Overloaded>(error).is_some()
        || matches!(deferred, Some(DeferError::TooMany { .. }))
    {
        return RemotingCommand::response(ResponseCode::SYSTEM_BUSY).with_remark(remark::OVERLOAD);
    }
    if find_source::<tower::timeout::error::Elapsed>(error).is_some()
        || find_source::<tokio::time::error::Elapsed>(error).is_some()
    {
        return RemotingCommand::response(ResponseCode::SYSTEM_BUSY)
            .with_remark(remark::TIMEOUT_CLEAN_QUEUE);
    }
    RemotingCommand::response(ResponseCode::SYSTEM_ERROR).with_remark(chain_text(error))
}

/// The response code that the peer gets for this result; `None` if there is no response (yet).
pub(crate) fn code_of<R: Reply>(result: &Result<R, BoxError>) -> Option<ResponseCode> {
    match result {
        Ok(reply) => reply.command().map(|answer| answer.response_code()),
        Err(error) => Some(answer(&**error).response_code()),
    }
}
