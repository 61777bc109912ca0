//! Gives each tenant a namespace: it sees its own topics and groups, by their plain names, and no other's.
//!
//! # What
//!
//! A function says whose a request is: a [`Tenant`]'s, that of somebody who sees [everything](Access::Everything),
//! or nobody's. In the cluster, a tenant's topic `orders` is `TENANT%orders`, as in RocketMQ's own namespaces
//! (`NamespaceUtil`), and its retry topics are `%RETRY%TENANT%group`. This layer puts the prefix on each name in a
//! request, wherever the [`Subject`](rocketmq_tower_core::subject::Subject) of its code knows names, and takes it off
//! those in the answer. What belongs to another name is left out of the answer: topics and groups of lists,
//! entries of tables, messages.
//!
//! | request | for a tenant |
//! |---|---|
//! | that names topics, groups or clients | the names are the tenant's, also in heartbeats, batches, lists, and properties of messages |
//! | that lists topics, groups, clients, offsets | the answer has the tenant's only, and no totals or versions that count others |
//! | for messages, by offset, key or id | only the tenant's are in the answer |
//! | for the cluster's brokers | passes: brokers are not a tenant's |
//! | about a whole broker or the cluster: settings, state, cleaning, users; of brokers | refused with `NO_PERMISSION` |
//! | with a code that RocketMQ does not define | refused with `NO_PERMISSION`: nobody knows what it acts on |
//!
//! Remarks have plain names, too; one with a name of another tenant is replaced by a general text. The ids of
//! clients have the prefix as well, so that a request-reply reaches clients of its tenant only. Offsets and ids of
//! messages are those of the cluster: they tell how much all tenants store.
//!
//! System topics are renamed like others: a tenant has its own `RMQ_SYS_TRACE_TOPIC`, and none can reach those of
//! the brokers. Two are shared: the settings of `TBW102`, from which brokers create topics, and topics for replies,
//! `CLUSTER_REPLY_TOPIC`, to which tenants send, and which they cannot read.
//!
//! Names of tenants' topics and groups have no `%`. With the prefix, a topic has at most 127 characters.
//!
//! # Why
//!
//! Several teams or customers use one cluster without seeing each other, and without a convention for names that all
//! of them must keep. Rules, as those of `authorize`, decide who may use a name, but lists and messages tell
//! of others.
//!
//! # When not
//!
//! If teams exchange messages: a tenant cannot read another's topics. Take `authorize` then. It is no limit
//! of load: `quota` inside of this layer sees names in the cluster, so that it limits each tenant by itself.
//!
//! # Requests of the server to its clients
//!
//! Brokers ask clients for transactions, tell them of changed groups, and push replies. These requests do not pass
//! request-level layers. Where a [`ConnectionAccess`] is in the extensions of the connection, this layer notes its
//! tenant there, and refuses requests of another one on the same connection; who sends requests to the client calls
//! [`push`](ConnectionAccess::push) before, as `rocketmq-tower-gateway` does. Elsewhere such requests have the
//! cluster's names of the client's own tenant, and `CONSUME_MESSAGE_DIRECTLY` is refused.
//!
//! # How it differs from Java
//!
//! Java's namespaces are a matter of the client, which puts the prefix on names by itself: no broker keeps it to it.
//!
//! # Where
//!
//! Inside [`recover`](crate::recover), and of `acl` if the user decides; inside of layers that should see the plain
//! names, such as `audit`, and outside of those that should see the cluster's.
//!
//! # Cost
//!
//! For a tenant's request: its names are looked up as by `Subject` and written anew, a body with names is copied, and a
//! place among the connection's deferred requests is taken, so at most
//! [`max_deferred`](rocketmq_tower_core::driver::ConnectionConfig::max_deferred) requests of a connection run at a time.
//! For an answer: a body of messages or JSON is read and copied once. A message costs a look at its properties, and a
//! copy of its bytes. Without a tenant, nothing but the call of the function.
//!
//! ```
//! use rocketmq_tower::layers::NamespaceLayer;
//! use rocketmq_tower::layers::identity::verified_user;
//! use rocketmq_tower::layers::namespace::Access;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     // The user that the layer `acl` has verified is the tenant.
//!     let namespace = NamespaceLayer::new(|request| match verified_user(request) {
//!         Some("operator") => Access::Everything,
//!         Some(user) => Access::tenant(user).unwrap_or(Access::Nothing),
//!         None => Access::Nothing,
//!     });
//!     let server = Server::new(router).layer(namespace).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod access;
mod future;
mod layer;
mod pushes;
mod requests;
mod service;
mod tenant;

pub use access::{Access, ConnectionAccess};
pub use future::ResponseFuture;
pub use layer::NamespaceLayer;
pub use service::Namespace;
pub use tenant::{InvalidTenant, Tenant};
