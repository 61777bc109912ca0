//! Responses of request services.

use crate::command::RemotingCommand;

/// The response of a request service: a [`RemotingCommand`], or an `Option` of one.
///
/// `None` means that nothing is sent now: the request is oneway, or its response is
/// [deferred](crate::RemotingCommand::defer). A response to a oneway request is dropped. The trait is
/// sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a response: return a `RemotingCommand` or an `Option<RemotingCommand>`"
)]
pub trait Reply: From<RemotingCommand> + Send + 'static + sealed::Sealed {
    /// Returns the response, if there is one.
    fn into_command(self) -> Option<RemotingCommand>;

    /// Returns the response, if there is one, to look at.
    fn command(&self) -> Option<&RemotingCommand>;

    /// Returns the response for changes, if there is one.
    fn command_mut(&mut self) -> Option<&mut RemotingCommand>;
}

impl Reply for RemotingCommand {
    fn into_command(self) -> Option<RemotingCommand> {
        Some(self)
    }

    fn command(&self) -> Option<&RemotingCommand> {
        Some(self)
    }

    fn command_mut(&mut self) -> Option<&mut RemotingCommand> {
        Some(self)
    }
}

impl Reply for Option<RemotingCommand> {
    fn into_command(self) -> Option<RemotingCommand> {
        self
    }

    fn command(&self) -> Option<&RemotingCommand> {
        self.as_ref()
    }

    fn command_mut(&mut self) -> Option<&mut RemotingCommand> {
        self.as_mut()
    }
}

mod sealed {
    use crate::command::RemotingCommand;

    pub trait Sealed {}

    impl Sealed for RemotingCommand {}

    impl Sealed for Option<RemotingCommand> {}
}
