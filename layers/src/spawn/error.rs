/// The runtime that was to run the request has been shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the runtime of the processor has been shut down")]
pub struct Stopped;
