use super::routes::{HandlerRoute, Route, Routes};
use super::{Codes, Router};
use crate::service::Processor;
use rocketmq_tower_core::RequestCode;
use rocketmq_tower_core::handler::Handler;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Builds a [`Router`]. Its handlers have a state of type `S`.
#[derive(Default)]
pub struct RouterBuilder<S = ()> {
    routes: BTreeMap<i32, Arc<dyn Route>>,
    fallback: Option<Arc<dyn Route>>,
    duplicate: Option<DuplicateRoute>,
    state: S,
}

/// Two routes, or two fallbacks, for the same requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DuplicateRoute {
    /// Two routes have this code.
    #[error("there are two routes for the request code {0:?}")]
    Code(RequestCode),
    /// There are two fallbacks.
    #[error("there are two fallbacks")]
    Fallback,
}

impl Router {
    /// Returns a builder without routes and state.
    #[must_use]
    pub fn builder() -> RouterBuilder {
        RouterBuilder::default()
    }
}

impl<S> RouterBuilder<S> {
    /// Sets the state of the handlers that are added from now on: usually an `Arc`. They take it as
    /// [`State<T>`](crate::handler::State). Handlers that were added before keep theirs.
    #[must_use]
    pub fn with_state<T>(self, state: T) -> RouterBuilder<T> {
        let Self { routes, fallback, duplicate, state: _ } = self;
        RouterBuilder { routes, fallback, duplicate, state }
    }

    /// Sends requests with this code, or one of these codes, to `service`.
    ///
    /// The service is cloned for each request. State that the clones share, such as the permits of
    /// a limit around it, belongs to the route.
    ///
    /// An async function or a closure is not a service: add it with [`route_fn`](Self::route_fn), or
    /// wrap it in [`service_fn`](crate::service_fn).
    ///
    /// ```compile_fail,E0277
    /// # use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, Router};
    /// async fn beat(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    ///     Ok(RemotingCommand::response(0))
    /// }
    ///
    /// // error: `fn(RemotingCommand) -> ..` does not process requests
    /// // note: wrap an async function or a closure in `service_fn` or `handler_fn`, or ..
    /// let router = Router::builder().route(RequestCode::HEART_BEAT, beat);
    /// ```
    #[must_use]
    pub fn route<P>(self, codes: impl Into<Codes>, service: P) -> Self
    where
        P: Processor + Clone + Sync,
    {
        self.add(codes.into(), Arc::new(service))
    }

    /// Sends requests with this code, or one of these codes, to a handler: an async function whose
    /// arguments are taken from the request. See [`handler`](crate::handler).
    ///
    /// ```
    /// use rocketmq_tower::{BoxError, Header, RequestCode, ResponseCode, Router, State};
    /// use serde::Deserialize;
    /// use std::collections::HashSet;
    /// use std::sync::{Arc, Mutex};
    ///
    /// #[derive(Deserialize)]
    /// struct DeleteTopic {
    ///     topic: String,
    /// }
    ///
    /// type Topics = Arc<Mutex<HashSet<String>>>;
    ///
    /// async fn delete(State(topics): State<Topics>, Header(query): Header<DeleteTopic>) -> ResponseCode {
    ///     let deleted = topics.lock().is_ok_and(|mut topics| topics.remove(&query.topic));
    ///     if deleted { ResponseCode::SUCCESS } else { ResponseCode::TOPIC_NOT_EXIST }
    /// }
    ///
    /// # fn main() -> Result<(), BoxError> {
    /// let router = Router::builder()
    ///     .with_state(Topics::default())
    ///     .route_fn(RequestCode::DELETE_TOPIC_IN_BROKER, delete)
    ///     .route_fn(RequestCode::HEART_BEAT, async || ResponseCode::SUCCESS)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A function with an argument or a result that does not fit is refused:
    ///
    /// ```compile_fail,E0277
    /// # use rocketmq_tower::{RequestCode, ResponseCode, Router};
    /// async fn delete(topic: String) -> ResponseCode {
    ///     ResponseCode::SUCCESS
    /// }
    ///
    /// // error: `fn(String) -> ..` is not a handler
    /// let router = Router::builder().route_fn(RequestCode::DELETE_TOPIC_IN_BROKER, delete);
    /// ```
    #[must_use]
    pub fn route_fn<H, T>(self, codes: impl Into<Codes>, handler: H) -> Self
    where
        H: Handler<T, S>,
        S: Clone + Send + Sync + 'static,
        T: 'static,
    {
        let route = HandlerRoute::new(handler, self.state.clone());
        self.add(codes.into(), Arc::new(route))
    }

    /// Sends requests with any other code to `service`: RocketMQ's default processor.
    #[must_use]
    pub fn fallback<P>(self, service: P) -> Self
    where
        P: Processor + Clone + Sync,
    {
        self.add_fallback(Arc::new(service))
    }

    /// Sends requests with any other code to a handler. See [`route_fn`](Self::route_fn).
    #[must_use]
    pub fn fallback_fn<H, T>(self, handler: H) -> Self
    where
        H: Handler<T, S>,
        S: Clone + Send + Sync + 'static,
        T: 'static,
    {
        let route = HandlerRoute::new(handler, self.state.clone());
        self.add_fallback(Arc::new(route))
    }

    fn add(mut self, Codes(codes): Codes, route: Arc<dyn Route>) -> Self {
        for code in codes {
            if self.routes.insert(code.as_i32(), Arc::clone(&route)).is_some() {
                self.duplicate.get_or_insert(DuplicateRoute::Code(code));
            }
        }
        self
    }

    fn add_fallback(mut self, route: Arc<dyn Route>) -> Self {
        if self.fallback.replace(route).is_some() {
            self.duplicate.get_or_insert(DuplicateRoute::Fallback);
        }
        self
    }

    /// Creates the router.
    ///
    /// # Errors
    /// If two routes have the same code, or there are two fallbacks. Returns the first duplicate
    /// found.
    pub fn build(self) -> Result<Router, DuplicateRoute> {
        match self.duplicate {
            Some(duplicate) => Err(duplicate),
            None => {
                let by_code = self.routes.into_iter().collect();
                Ok(Router::new(Routes { by_code, fallback: self.fallback }))
            }
        }
    }
}

impl<S> fmt::Debug for RouterBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterBuilder").field("routes", &self.routes.len()).finish_non_exhaustive()
    }
}
