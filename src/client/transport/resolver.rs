use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::lookup_host;

/// Finds the addresses of a name: the system's resolver, or a function.
#[derive(Clone, Default)]
pub(super) struct Resolver {
    function: Option<Arc<Resolve>>,
}

type Resolve = dyn Fn(Arc<str>) -> Resolving + Send + Sync;

type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

impl Resolver {
    pub(super) fn new<R, F>(resolve: R) -> Self
    where
        R: Fn(Arc<str>) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        Self { function: Some(Arc::new(move |name| Box::pin(resolve(name)))) }
    }

    /// Returns the addresses of a name, which is `host:port`.
    pub(super) async fn resolve(&self, name: Arc<str>) -> io::Result<Vec<SocketAddr>> {
        match &self.function {
            Some(resolve) => resolve(name).await,
            None => Ok(lookup_host(&*name).await?.collect()),
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.function.is_some() { "a function" } else { "the system's" })
    }
}
