use crate::network::{Network, contains};
use rocketmq_tower_core::sync::{read, write};
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

/// Allowed and denied networks. By default, every address may connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IpRules {
    allowed: Vec<Network>,
    denied: Vec<Network>,
}

impl IpRules {
    /// Creates rules by which every address may connect.
    #[must_use]
    pub const fn new() -> Self {
        Self { allowed: Vec::new(), denied: Vec::new() }
    }

    /// Adds allowed networks. Addresses outside the allowed networks may no longer connect.
    #[must_use]
    pub fn allow(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        self.allowed.extend(networks);
        self
    }

    /// Adds denied networks. They may not connect, even if they are allowed too.
    #[must_use]
    pub fn deny(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        self.denied.extend(networks);
        self
    }

    /// Returns whether `ip` may connect.
    #[must_use]
    pub fn admit(&self, ip: IpAddr) -> bool {
        let allowed = self.allowed.is_empty() || contains(&self.allowed, ip);
        allowed && !contains(&self.denied, ip)
    }
}

/// The current rules, shared by all services of a layer.
pub(super) struct Current {
    rules: RwLock<Arc<IpRules>>,
    refused: AtomicU64,
}

impl Current {
    pub(super) fn new(rules: IpRules) -> Arc<Self> {
        Arc::new(Self { rules: RwLock::new(Arc::new(rules)), refused: AtomicU64::new(0) })
    }

    pub(super) fn replace(&self, rules: IpRules) {
        *write(&self.rules) = Arc::new(rules);
    }

    fn rules(&self) -> Arc<IpRules> {
        Arc::clone(&read(&self.rules))
    }

    /// Returns whether `ip` may connect; counts it as refused if not.
    pub(super) fn admit(&self, ip: IpAddr) -> bool {
        // The lock is not held while the lists are searched.
        let admitted = self.rules().admit(ip);
        if !admitted {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current")
            .field("rules", &self.rules())
            .field("refused", &self.refused())
            .finish()
    }
}
