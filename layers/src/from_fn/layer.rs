use super::{FromFn, WithState};
use std::any::type_name;
use std::fmt;
use tower_layer::Layer;

/// Makes a layer of `f`, an async function of a request and [`Next`](super::Next). See the
/// [module's documentation](super).
#[must_use]
pub const fn from_fn<F>(f: F) -> FromFnLayer<F> {
    FromFnLayer { f }
}

/// Makes a layer of `f`, an async function of a state, a request and [`Next`](super::Next). Each
/// call gets a clone of `state`.
///
/// ```
/// use rocketmq_tower::layers::from_fn::{Next, from_fn_with_state};
/// use rocketmq_tower::{BoxError, Processor, RemotingCommand, Reply, Router, Server};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// async fn count(
///     requests: Arc<AtomicU64>,
///     request: RemotingCommand,
///     next: Next<impl Processor>,
/// ) -> Result<impl Reply, BoxError> {
///     requests.fetch_add(1, Ordering::Relaxed);
///     next.run(request).await
/// }
///
/// async fn serve(router: Router, requests: Arc<AtomicU64>) -> Result<(), BoxError> {
///     let server = Server::new(router).layer(from_fn_with_state(requests, count));
///     server.bind("0.0.0.0:10911").await?.serve().await?;
///     Ok(())
/// }
/// ```
#[must_use]
pub const fn from_fn_with_state<St, F>(state: St, f: F) -> FromFnLayer<WithState<St, F>> {
    FromFnLayer { f: WithState::new(state, f) }
}

/// The layer of an async function. Created by [`from_fn`] and [`from_fn_with_state`].
#[derive(Clone, Copy)]
pub struct FromFnLayer<F> {
    f: F,
}

impl<F: Clone, S> Layer<S> for FromFnLayer<F> {
    type Service = FromFn<F, S>;

    fn layer(&self, inner: S) -> Self::Service {
        FromFn::new(self.f.clone(), inner)
    }
}

impl<F> fmt::Debug for FromFnLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FromFnLayer").field(&format_args!("{}", type_name::<F>())).finish()
    }
}
