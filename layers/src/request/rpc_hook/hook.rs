use super::RequestHead;
use rocketmq_tower_core::{Addr, BoxError, RemotingCommand};
use std::sync::Arc;

/// A hook that runs before requests and after responses. See the [module's documentation](super)
/// for the rules.
#[allow(unused_variables, reason = "the names are documentation")]
pub trait RpcHook: Send + Sync + 'static {
    /// Runs before the request is handled (on a server) or sent (on a client).
    ///
    /// # Errors
    /// An error ends the request: the service is not called. An
    /// [`Abort`](rocketmq_tower_core::Abort) also skips the after-hooks.
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        Ok(())
    }

    /// Runs after the request was handled (on a server) or its response received (on a client).
    /// `request` has no ext fields and no body; for what `before` can keep, see the
    /// [module's documentation](super).
    ///
    /// # Errors
    /// An error replaces the response.
    fn after(
        &self,
        peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    /// Returns whether [`after`](Self::after) does anything, `true` by default. It is asked once, when the
    /// hook is added. If no hook of a server's layer does, the heads of requests are not kept for it, which
    /// saves about 90 instructions each.
    fn looks_after(&self) -> bool {
        true
    }
}

/// A shared hook, or one whose type is known only at run time.
impl<H: RpcHook + ?Sized> RpcHook for Arc<H> {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        (**self).before(peer, request)
    }

    fn after(
        &self,
        peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        (**self).after(peer, request, response)
    }

    fn looks_after(&self) -> bool {
        (**self).looks_after()
    }
}

/// A hook whose type is known only at run time.
impl<H: RpcHook + ?Sized> RpcHook for Box<H> {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        (**self).before(peer, request)
    }

    fn after(
        &self,
        peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        (**self).after(peer, request, response)
    }

    fn looks_after(&self) -> bool {
        (**self).looks_after()
    }
}
