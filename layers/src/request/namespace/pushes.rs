//! Requests of the server to clients.

use super::{ConnectionAccess, requests};
use rocketmq_tower_core::{Abort, RemotingCommand, RequestCode};

impl ConnectionAccess {
    /// Gives the names in a request to the connection's client those that its tenant uses. Call it before the
    /// request is sent. A connection that is no tenant's is left alone.
    ///
    /// # Errors
    /// If the request speaks of what is not the tenant's. Do not send it.
    pub fn push(&self, request: &mut RemotingCommand) -> Result<(), Abort> {
        self.as_tenant().map_or(Ok(()), |tenant| requests::leave_request(tenant, request))
    }

    /// Gives the names in the client's answer to a request with this code those in the cluster.
    pub fn push_answered(&self, code: RequestCode, answer: &mut RemotingCommand) {
        if let Some(tenant) = self.as_tenant() {
            requests::enter_answer(tenant, code, answer);
        }
    }
}
