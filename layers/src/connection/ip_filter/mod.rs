//! Accepts or refuses connections by peer address.
//!
//! # What
//!
//! [`IpFilter`] checks a connection's peer address before anything is read. [`IpRules`] hold two
//! lists of networks. Denied networks are refused. If the list of allowed networks is not empty,
//! all other addresses are refused too. A refused connection is closed at once, with
//! [`CloseReason::Refused`](rocketmq_tower_core::CloseReason::Refused), and is
//! [counted](IpFilterLayer::refused).
//!
//! The rules can be [replaced](IpFilterLayer::replace) while the server runs. The new rules apply
//! to connections accepted from then on; open connections stay. (To end those, close their channels
//! in the server's table of connections.)
//!
//! Networks are compared one by one, once per connection: lists of a few thousand are fine. Peers
//! without an IP address, such as those of Unix sockets, are accepted: the file's permissions are
//! their filter.
//!
//! # Why
//!
//! To restrict a port that the whole network can reach to the clients of some networks.
//!
//! # How it differs from Java
//!
//! Java's remoting has no such list. (Its access control checks the user of each request, and
//! optionally the address.)
//!
//! # When not
//!
//! Where a firewall can do it: here, a connection is accepted before it is refused. An address does
//! not prove the caller's identity: see the `acl` layer, and TLS.
//!
//! # Where
//!
//! Inside the PROXY protocol layer, so that it sees the client's address, and outside TLS, so that
//! refused connections cost no handshake. (The PROXY protocol layer itself has a list of trusted
//! balancers.)
//!
//! ```
//! use rocketmq_tower::layers::IpFilterLayer;
//! use rocketmq_tower::layers::ip_filter::IpRules;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let rules = IpRules::new().allow(["10.0.0.0/8".parse()?]).deny(["10.6.6.6".parse()?]);
//!     let filter = IpFilterLayer::new(rules);
//!     let server =
//!         Server::new(router).connection_layer(filter.clone()).bind("0.0.0.0:10911").await?;
//!
//!     // Later, such as when a file has changed:
//!     filter.replace(IpRules::new().allow(["10.0.0.0/8".parse()?, "fd00::/8".parse()?]));
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod layer;
mod rules;
mod service;

pub use crate::support::admission::ResponseFuture;
pub use layer::IpFilterLayer;
pub use rules::IpRules;
pub use service::IpFilter;
