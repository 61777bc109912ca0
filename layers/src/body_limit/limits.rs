use rocketmq_tower_core::{Abort, RemotingCommand, RequestCode, ResponseCode};
use std::collections::HashMap;

/// The longest bodies.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) by_code: HashMap<RequestCode, usize>,
    pub(super) others: usize,
}

impl Limits {
    pub(super) fn check(&self, request: &RemotingCommand) -> Result<(), Abort> {
        let (code, length) = (request.request_code(), request.body().len());
        // Most have none at all.
        if length == 0 {
            return Ok(());
        }
        let max = self.by_code.get(&code).copied().unwrap_or(self.others);
        if length <= max {
            return Ok(());
        }
        let remark = format!("the body of {length} bytes exceeds the limit of {max} for {code}");
        Err(Abort::new(ResponseCode::MESSAGE_ILLEGAL, remark))
    }
}
