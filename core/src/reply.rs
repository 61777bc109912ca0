//! What a processor may answer with.

use crate::command::RemotingCommand;

/// What a request service answers with: a [`RemotingCommand`], or an `Option` of one.
///
/// `None` means that there is nothing to send now: the request was oneway, or it will be answered
/// later through a [`Responder`](crate::connection::Responder). A `Some` for a oneway request is
/// dropped. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "a request is answered with a `RemotingCommand` or an `Option` of one, not with `{Self}`"
)]
pub trait Reply: From<RemotingCommand> + Send + 'static + sealed::Sealed {
    /// The answer, if there is one.
    fn into_command(self) -> Option<RemotingCommand>;

    /// The answer, to look at or change it.
    fn command_mut(&mut self) -> Option<&mut RemotingCommand>;
}

impl Reply for RemotingCommand {
    fn into_command(self) -> Option<RemotingCommand> {
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
