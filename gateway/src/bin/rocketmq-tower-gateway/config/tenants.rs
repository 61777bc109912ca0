//! Settings of tenants.

use rocketmq_tower::layers::NamespaceLayer;
use rocketmq_tower::layers::identity::verified_user;
use rocketmq_tower::layers::namespace::{Access, Tenant};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// Clients see the topics and groups of their tenant only.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct NamespaceConfig {
    /// Users who see everything, by the names that the cluster knows.
    #[serde(default)]
    operators: HashSet<String>,
    /// The tenants of users. Other users are tenants of their own name.
    #[serde(default)]
    tenants: HashMap<String, TenantName>,
}

/// A tenant by its name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct TenantName(Tenant);

impl TryFrom<String> for TenantName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Tenant::new(&name).map(Self).map_err(|error| format!("{name:?}: {error}"))
    }
}

impl NamespaceConfig {
    /// Returns the names of operators, and each user with its tenant, in order.
    pub(super) fn rows(&self) -> (Vec<&str>, Vec<(&str, String)>) {
        let mut operators: Vec<_> = self.operators.iter().map(String::as_str).collect();
        let tenants = self.tenants.iter();
        let mut tenants: Vec<_> =
            tenants.map(|(user, TenantName(tenant))| (&**user, tenant.name().to_owned())).collect();
        operators.sort_unstable();
        tenants.sort_unstable();
        (operators, tenants)
    }

    pub(crate) fn layer(&self) -> NamespaceLayer {
        let Self { operators, tenants } = self.clone();
        NamespaceLayer::new(move |request| {
            let Some(user) = verified_user(request) else { return Access::Nothing };
            match tenants.get(user) {
                _ if operators.contains(user) => Access::Everything,
                Some(TenantName(tenant)) => Access::Tenant(tenant.clone()),
                None => Access::tenant(user).unwrap_or(Access::Nothing),
            }
        })
    }
}
