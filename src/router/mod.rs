//! Routes from request codes to handlers and services.

mod builder;
mod codes;
mod future;
#[expect(clippy::module_inception, reason = "the router is the module's main part")]
mod router;
mod routes;

pub use builder::{DuplicateRoute, RouterBuilder};
pub use codes::Codes;
pub use future::RouteFuture;
pub use router::Router;
