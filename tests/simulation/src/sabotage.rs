//! Deliberate faults of the server, which the invariants must find.

/// What a server or its listener does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// Some requests are answered with what the one before asked for.
    WrongCaller,
    /// What is written is written twice.
    AnswersTwice,
    /// Some requests are run twice.
    RunsTwice,
    /// Some calls have no deadline, and no answer.
    NoEnd,
    /// Some connections go without DISCONNECTED.
    NoDisconnected,
    /// Some connections keep their permits.
    KeepsPermit,
    /// Nothing is accepted any more after the troubles.
    NoRecovery,
    /// Requests hold a shutdown up beyond its deadline.
    SlowShutdown,
}

impl Sabotage {
    pub(crate) const ALL: [Self; 8] = [
        Self::WrongCaller,
        Self::AnswersTwice,
        Self::RunsTwice,
        Self::NoEnd,
        Self::NoDisconnected,
        Self::KeepsPermit,
        Self::NoRecovery,
        Self::SlowShutdown,
    ];

    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WrongCaller => "wrong-caller",
            Self::AnswersTwice => "answers-twice",
            Self::RunsTwice => "runs-twice",
            Self::NoEnd => "no-end",
            Self::NoDisconnected => "no-disconnected",
            Self::KeepsPermit => "keeps-permit",
            Self::NoRecovery => "no-recovery",
            Self::SlowShutdown => "slow-shutdown",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sabotage| sabotage.name() == name)
    }
}
