use super::dice::Dice;
use super::rule::{ConnectionFault, RequestFault, Rule};
use rocketmq_tower_core::RequestCode;
use rocketmq_tower_core::sync::{read, write};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// The rules of a [`FaultLayer`](super::FaultLayer), and the handle that changes them at run time.
/// Clones share the rules.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Shared>,
}

struct Shared {
    dice: Dice,
    requests: Rules<RequestFault>,
    connections: Rules<ConnectionFault>,
    injected: AtomicU64,
}

/// The rules of one level.
struct Rules<F> {
    /// Whether there are any, so that without rules the lock is not taken.
    any: AtomicBool,
    rules: RwLock<Arc<[Rule<F>]>>,
}

/// The faults of one request: first a delay, then perhaps another.
#[derive(Debug)]
pub(super) struct Plan<F> {
    pub(super) delay: Option<Duration>,
    pub(super) fault: Option<F>,
}

impl Faults {
    /// Creates a handle without rules. `seed` determines the draws of rules with a probability.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (requests, connections) = (Rules::new(), Rules::new());
        let (dice, injected) = (Dice::new(seed), AtomicU64::new(0));
        Self { shared: Arc::new(Shared { dice, requests, connections, injected }) }
    }

    /// Replaces the rules for requests, from the next request on.
    pub fn requests(&self, rules: impl IntoIterator<Item = Rule<RequestFault>>) {
        self.shared.requests.set(rules.into_iter().collect());
    }

    /// Replaces the rules for connections, from the next connection on.
    pub fn connections(&self, rules: impl IntoIterator<Item = Rule<ConnectionFault>>) {
        self.shared.connections.set(rules.into_iter().collect());
    }

    /// Removes all rules. Delays that have begun end as planned, and a connection that is going to
    /// be truncated will be.
    pub fn clear(&self) {
        self.requests([]);
        self.connections([]);
    }

    /// Returns how often a rule has hit, since the handle was created.
    #[must_use]
    pub fn injected(&self) -> u64 {
        self.shared.injected.load(Ordering::Relaxed)
    }

    /// Returns the faults of a request, if any.
    #[inline]
    pub(super) fn of_request(&self, code: RequestCode) -> Option<Plan<RequestFault>> {
        let rules = self.shared.requests.get()?;
        self.plan(rules.iter().filter(|rule| rule.is_for(code)), RequestFault::delay)
    }

    /// Returns the faults of a connection, if any.
    pub(super) fn of_connection(&self) -> Option<Plan<ConnectionFault>> {
        let rules = self.shared.connections.get()?;
        self.plan(rules.iter(), ConnectionFault::delay)
    }

    fn plan<'a, F: Clone + 'a>(
        &self,
        rules: impl Iterator<Item = &'a Rule<F>>,
        delay_of: impl Fn(&F) -> Option<Duration>,
    ) -> Option<Plan<F>> {
        let mut plan = Plan { delay: None, fault: None };
        for rule in rules.filter(|rule| self.hits(rule)) {
            let Some(delay) = delay_of(&rule.fault) else {
                plan.fault = Some(rule.fault.clone());
                break;
            };
            plan.delay = Some(plan.delay.unwrap_or_default().saturating_add(delay));
        }
        (plan.delay.is_some() || plan.fault.is_some()).then_some(plan)
    }

    fn hits<F>(&self, rule: &Rule<F>) -> bool {
        let hits = rule.hits(&self.shared.dice);
        if hits {
            self.shared.injected.fetch_add(1, Ordering::Relaxed);
        }
        hits
    }
}

impl<F> Rules<F> {
    fn new() -> Self {
        Self { any: AtomicBool::new(false), rules: RwLock::new(Arc::new([])) }
    }

    fn set(&self, rules: Arc<[Rule<F>]>) {
        let mut current = write(&self.rules);
        self.any.store(!rules.is_empty(), Ordering::Relaxed);
        *current = rules;
    }

    fn get(&self) -> Option<Arc<[Rule<F>]>> {
        self.any.load(Ordering::Relaxed).then(|| Arc::clone(&read(&self.rules)))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("requests", &self.shared.requests.get().unwrap_or_default())
            .field("connections", &self.shared.connections.get().unwrap_or_default())
            .field("injected", &self.injected())
            .finish()
    }
}
