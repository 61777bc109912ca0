use rocketmq_tower_core::error::catch_panic;

/// The service panicked, with this message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the processor panicked: {message}")]
pub struct Panicked {
    /// The panic's message, if it was a text.
    pub message: String,
}

/// Runs `f`, and logs its panic.
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_panic(f).map_err(|message| {
        tracing::error!(message, "a processor panicked");
        Panicked { message }
    })
}
