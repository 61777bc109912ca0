use super::{InvalidTenant, Tenant};
use rocketmq_tower_core::{Abort, ResponseCode};
use std::sync::{Arc, OnceLock};

/// The part of the cluster that the sender of a request may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// The topics, groups and clients of one tenant.
    Tenant(Tenant),
    /// Everything, with the names that are used in the cluster: for those who administer it.
    Everything,
    /// Nothing: the request is refused.
    Nothing,
}

impl Access {
    /// Returns that of the tenant with this name.
    ///
    /// # Errors
    /// If it is [no name of a tenant](Tenant::new).
    pub fn tenant(name: &str) -> Result<Self, InvalidTenant> {
        Tenant::new(name).map(Self::Tenant)
    }
}

/// The access of a connection, which is that of its first request: for requests that a server sends to its
/// client. See [the module's documentation](super).
///
/// Put one into the extensions of each connection's [`ChannelInfo`](rocketmq_tower_core::ChannelInfo).
#[derive(Clone, Debug, Default)]
pub struct ConnectionAccess {
    first: Arc<OnceLock<Access>>,
}

impl ConnectionAccess {
    /// Returns the access, once there was a request that passed the layer `namespace`.
    #[must_use]
    pub fn get(&self) -> Option<&Access> {
        self.first.get()
    }

    /// Returns the tenant, if it is one's.
    pub(super) fn as_tenant(&self) -> Option<&Tenant> {
        match self.get() {
            Some(Access::Tenant(tenant)) => Some(tenant),
            _ => None,
        }
    }

    /// Keeps the access of the first request, and refuses another one.
    pub(super) fn keep(&self, access: &Access) -> Result<(), Abort> {
        match self.first.get_or_init(|| access.clone()) == access {
            true => Ok(()),
            false => {
                let text = "the connection belongs to another tenant: open one for each";
                Err(Abort::new(ResponseCode::NO_PERMISSION, text))
            }
        }
    }
}
