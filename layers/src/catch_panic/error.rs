use std::panic::{AssertUnwindSafe, catch_unwind};

/// The service panicked, with this message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the processor panicked: {message}")]
pub struct Panicked {
    /// The panic's message, if it was a text.
    pub message: String,
}

/// Runs `f`, and logs its panic.
pub(super) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let message = text.unwrap_or("no message").to_owned();
        tracing::error!(message, "a processor panicked");
        Panicked { message }
    })
}
