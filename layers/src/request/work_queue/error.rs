/// The condition given to [`reject_when`](super::WorkQueueLayer::reject_when) panicked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reject condition of the work queue panicked: {message}")]
#[non_exhaustive]
pub struct ConditionPanicked {
    /// The panic's message, if its payload was a string.
    pub message: String,
}
