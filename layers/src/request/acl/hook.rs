use super::{Credentials, sign};
use crate::rpc_hook::RpcHook;
use rocketmq_tower_core::{Addr, BoxError, RemotingCommand};

/// Signs each request: Java's `AclClientRPCHook`.
///
/// It must be the last hook of a client: ext fields that are added after it are not signed, and the
/// server refuses the request. A request that already has a signature, because it is sent again or
/// forwarded, is signed again. The signature depends on the header's encoding, so the serialize
/// type must not change after this hook either.
#[derive(Clone, Debug)]
pub struct SignHook {
    credentials: Credentials,
}

impl SignHook {
    /// Creates a hook that signs with these credentials.
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
