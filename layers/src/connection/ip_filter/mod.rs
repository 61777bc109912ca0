//! Lets connections in, or not, by the address of their peer.
//!
//! # What
//!
//! [`IpFilter`] looks at a connection's peer address before anything is read. [`IpRules`] have two
//! lists of networks: who is denied does not get in; if anybody is allowed by name, nobody else
//! gets in. Others are refused: the connection ends at once, with
//! [`CloseReason::Refused`](rocketmq_tower_core::CloseReason::Refused), and is
//! [counted](IpFilterLayer::refused).
//!
//! The rules can be [replaced](IpFilterLayer::replace) while the server runs. The new ones hold for
//! connections that come from then on; those that are there stay. (To end them, close the channels
//! that the server's table of connections has.)
//!
//! Networks are compared one after the other, once for each connection: lists of some thousands are
//! fine. Peers without an IP address, such as those of Unix sockets, get in: the file's permissions
//! are their filter.
//!
//! # Why
//!
//! A port that the whole network can reach, for clients of a part of it.
//!
//! # How it differs from Java
//!
//! Java's remoting has no such list. (Its access control goes by the user of a request, and can ask
//! for an address besides.)
//!
//! # When not
//!
//! Where a firewall does it: what is refused here was accepted first. Addresses are no proof of who
//! it is that asks: see the `acl` layer, and TLS.
//!
//! # Where
//!
//! Inside of the PROXY protocol's layer, so that it sees the client's address, and outside of TLS,
//! so that nobody shakes hands in vain. (Which balancers may connect is what that layer itself asks
//! for.)
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
