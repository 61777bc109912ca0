//! Deliberate faults, which the invariants must detect.

/// A deliberate fault of the server or its listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// Some requests get the response of the previous request.
    WrongCaller,
    /// Everything is written twice.
    AnswersTwice,
    /// Some requests are run twice.
    RunsTwice,
    /// Some calls have no deadline and no response.
    NoEnd,
    /// Some connections do not report DISCONNECTED.
    NoDisconnected,
    /// Some connections do not return their permits.
    KeepsPermit,
    /// No connection is accepted after the faults.
    NoRecovery,
    /// Requests delay a shutdown beyond its deadline.
    SlowShutdown,
    /// The server does not wait for requests that are on their way when it drains a connection.
    NoFarewell,
}

impl Sabotage {
    pub(crate) const ALL: [Self; 9] = [
        Self::WrongCaller,
        Self::AnswersTwice,
        Self::RunsTwice,
        Self::NoEnd,
        Self::NoDisconnected,
        Self::KeepsPermit,
        Self::NoRecovery,
        Self::SlowShutdown,
        Self::NoFarewell,
    ];

    /// Returns the name on the command line.
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
            Self::NoFarewell => "no-farewell",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sabotage| sabotage.name() == name)
    }
}
