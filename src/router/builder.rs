use super::routes::{Route, Routes};
use super::{Codes, Router};
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, RequestCode};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tower_service::Service;

/// Builds a [`Router`].
#[derive(Default)]
pub struct RouterBuilder {
    routes: BTreeMap<i32, Arc<dyn Route>>,
    fallback: Option<Arc<dyn Route>>,
    duplicate: Option<DuplicateRoute>,
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
    /// Returns a builder without routes.
    #[must_use]
    pub fn builder() -> RouterBuilder {
        RouterBuilder::default()
    }
}

impl RouterBuilder {
    /// Sends requests with this code, or one of these codes, to `service`.
    ///
    /// The service is cloned for each request. State that the clones share, such as the permits of
    /// a limit around it, belongs to the route.
    #[must_use]
    pub fn route<S>(mut self, codes: impl Into<Codes>, service: S) -> Self
    where
        S: Service<RemotingCommand> + Clone + Send + Sync + 'static,
        S::Response: Reply,
        S::Error: Into<BoxError>,
        S::Future: Send,
    {
        let service: Arc<dyn Route> = Arc::new(service);
        let Codes(codes) = codes.into();
        for code in codes {
            if self.routes.insert(code.as_i32(), Arc::clone(&service)).is_some() {
                self.duplicate.get_or_insert(DuplicateRoute::Code(code));
            }
        }
        self
    }

    /// Sends requests with any other code to `service`: RocketMQ's default processor.
    #[must_use]
    pub fn fallback<S>(mut self, service: S) -> Self
    where
        S: Service<RemotingCommand> + Clone + Send + Sync + 'static,
        S::Response: Reply,
        S::Error: Into<BoxError>,
        S::Future: Send,
    {
        if self.fallback.replace(Arc::new(service)).is_some() {
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

impl fmt::Debug for RouterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterBuilder").field("routes", &self.routes.len()).finish_non_exhaustive()
    }
}
