//! The brokers that are compared.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::compare) enum Kind {
    Tower,
    Apache,
}

impl Kind {
    pub(in crate::compare) const ALL: [Self; 2] = [Self::Tower, Self::Apache];

    /// Its name on the command line.
    pub(in crate::compare) const fn key(self) -> &'static str {
        match self {
            Self::Tower => "tower-broker",
            Self::Apache => "apache-broker",
        }
    }

    /// Its name in tables.
    pub(in crate::compare) const fn name(self) -> &'static str {
        match self {
            Self::Tower => "rocketmq-tower-broker",
            Self::Apache => "Apache's broker 5.5.0",
        }
    }
}
