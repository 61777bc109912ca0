//! Starts tasks under a name, which tokio-console shows: with the feature `tokio-console`, in
//! programs that are compiled with `--cfg tokio_unstable`. Otherwise tasks have no names.

#![cfg_attr(
    all(tokio_unstable, feature = "tokio-console"),
    expect(clippy::expect_used, reason = "tokio's builder returns no error")
)]

use std::future::Future;
use tokio::runtime::Handle;
#[cfg(all(tokio_unstable, feature = "tokio-console"))]
use tokio::task::Builder;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

#[cfg(all(tokio_unstable, feature = "tokio-console"))]
const NEVER: &str = "tokio's builder returns no error";

/// Starts a task on the current runtime.
pub fn spawn<F>(name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    #[cfg(all(tokio_unstable, feature = "tokio-console"))]
    return Builder::new().name(name).spawn(future).expect(NEVER);
    #[cfg(not(all(tokio_unstable, feature = "tokio-console")))]
    {
        _ = name;
        tokio::spawn(future)
    }
}

/// Starts a task on `runtime`.
pub fn spawn_on<F>(runtime: &Handle, name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    #[cfg(all(tokio_unstable, feature = "tokio-console"))]
    return Builder::new().name(name).spawn_on(future, runtime).expect(NEVER);
    #[cfg(not(all(tokio_unstable, feature = "tokio-console")))]
    {
        _ = name;
        runtime.spawn(future)
    }
}

/// Starts a task on the current runtime, and adds it to `tasks`.
pub fn spawn_in<F>(tasks: &mut JoinSet<F::Output>, name: &'static str, future: F) -> AbortHandle
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    #[cfg(all(tokio_unstable, feature = "tokio-console"))]
    return tasks.build_task().name(name).spawn(future).expect(NEVER);
    #[cfg(not(all(tokio_unstable, feature = "tokio-console")))]
    {
        _ = name;
        tasks.spawn(future)
    }
}
