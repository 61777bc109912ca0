use super::{Credentials, sign};
use crate::rpc_hook::RpcHook;
use rocketmq_tower_core::{Addr, BoxError, RemotingCommand};

/// Signs each request: Java's `AclClientRPCHook`.
///
/// It is for a client, as the last of its hooks: what is added to the ext fields after it is not
/// signed, and the server refuses the request. A request that has a signature already, since it is
/// sent again or passed on, is signed anew. What is signed depends on how the header is written, so
/// the serialize type must not change after it either.
#[derive(Clone, Debug)]
pub struct SignHook {
    credentials: Credentials,
}

impl SignHook {
    /// Signs with these credentials.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self { credentials }
    }
}

impl RpcHook for SignHook {
    fn before(&self, _peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        Ok(sign(request, &self.credentials)?)
    }
}
