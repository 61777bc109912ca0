use rocketmq_tower_core::{Addr, BoxError, RemotingCommand};
use std::sync::Arc;

/// Something to do before requests and after their answers. See the [module's documentation](super)
/// for the rules.
#[allow(unused_variables, reason = "the names are documentation")]
pub trait RpcHook: Send + Sync + 'static {
    /// Before the request is handled, or sent.
    ///
    /// # Errors
    /// Ends the request with an [`Abort`](rocketmq_tower_core::Abort), or makes it fail.
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        Ok(())
    }

    /// After the request was handled, or its answer received.
    ///
    /// # Errors
    /// Replaces the response.
    fn after(
        &self,
        peer: &Addr,
        request: &RemotingCommand,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        Ok(())
    }
}

/// A hook that is shared, or whose type is known at run time only.
impl<H: RpcHook + ?Sized> RpcHook for Arc<H> {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        (**self).before(peer, request)
    }

    fn after(
        &self,
        peer: &Addr,
        request: &RemotingCommand,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        (**self).after(peer, request, response)
    }
}

/// A hook whose type is known at run time only.
impl<H: RpcHook + ?Sized> RpcHook for Box<H> {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        (**self).before(peer, request)
    }

    fn after(
        &self,
        peer: &Addr,
        request: &RemotingCommand,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        (**self).after(peer, request, response)
    }
}
