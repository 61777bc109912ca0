use rocketmq_tower_core::channel::{Answered, DeferError, ExchangeObserver};
use rocketmq_tower_core::command::remark;
use rocketmq_tower_core::error::{chain_text, find_source};
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, Reply, ResponseCode, UnsupportedCode};
use std::error::Error;

/// Returns the code and remark of the protocol's response to an error, by the table in the
/// [module's documentation](super). `None` if the error is "anything else".
#[must_use]
pub fn abort_for(error: &(dyn Error + 'static)) -> Option<Abort> {
    if let Some(abort) = find_source::<Abort>(error) {
        return Some(abort.clone());
    }
    if let Some(unsupported) = find_source::<UnsupportedCode>(error) {
        let code = ResponseCode::REQUEST_CODE_NOT_SUPPORTED;
        return Some(Abort::new(code, unsupported.to_string()));
    }
    let deferred = find_source::<DeferError>(error);
    if find_source::<tower::load_shed::error::Overloaded>(error).is_some()
        || matches!(deferred, Some(DeferError::TooMany { .. }))
    {
        return Some(Abort::new(ResponseCode::SYSTEM_BUSY, remark::OVERLOAD));
    }
    if find_source::<tower::timeout::error::Elapsed>(error).is_some()
        || find_source::<tokio::time::error::Elapsed>(error).is_some()
    {
        return Some(Abort::new(ResponseCode::SYSTEM_BUSY, remark::TIMEOUT_CLEAN_QUEUE));
    }
    None
}

/// Returns the protocol's response to an error, by the table in the
/// [module's documentation](super).
#[must_use]
pub fn answer(error: &(dyn Error + 'static)) -> RemotingCommand {
    respond(abort_for(error), error)
}

/// Returns the response to `error`: that of `abort`, or a stand-in `SYSTEM_ERROR`.
pub(super) fn respond(abort: Option<Abort>, error: &(dyn Error + 'static)) -> RemotingCommand {
    match abort {
        Some(Abort { code, remark, .. }) => RemotingCommand::response(code).with_remark(remark),
        None => {
            let mut response = RemotingCommand::response(ResponseCode::SYSTEM_ERROR)
                .with_remark(chain_text(error));
            response.set_stand_in();
            response
        }
    }
}

/// Calls `tell` with how the exchange is answered, now or when it ends. `result` is what the inner
/// service returned.
pub(crate) fn observe<R: Reply>(
    observer: ExchangeObserver,
    result: &Result<R, BoxError>,
    tell: impl FnOnce(Answered) + Send + 'static,
) {
    match result {
        Ok(reply) => {
            let code = reply.command().map(RemotingCommand::response_code);
            observer.on_answered(code, tell);
        }
        Err(error) => match abort_for(&**error) {
            Some(abort) => observer.on_answered(Some(abort.code), tell),
            None => observer.on_failed(tell),
        },
    }
}
