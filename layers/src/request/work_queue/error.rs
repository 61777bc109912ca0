/// The condition given to [`reject_when`](super::WorkQueueLayer::reject_when) panicked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reject condition of the work queue panicked: {message}")]
#[non_exhaustive]
pub struct ConditionPanicked {
    /// The message of the panic, if it was a text.
    pub message: String,
}
