//! The servers that are compared.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Bare,
    Tower,
    TowerNolayers,
    Remoting,
    Transport,
    Java,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Bare, Self::Tower, Self::TowerNolayers, Self::Remoting, Self::Transport, Self::Java];

    /// Its name on the command line.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Tower => "tower",
            Self::TowerNolayers => "tower-nolayers",
            Self::Remoting => "remoting",
            Self::Transport => "transport",
            Self::Java => "java",
        }
    }

    /// Its name in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare limit",
            Self::Tower => "rocketmq-tower",
            Self::TowerNolayers => "rocketmq-tower, no layers",
            Self::Remoting => "rocketmq-remoting 0.9.0",
            Self::Transport => "rocketmq-transport 1.0.0",
            Self::Java => "Java 5.3.3",
        }
    }

    /// Whether it is built in `benches/peers`.
    pub(super) fn is_peer(self) -> bool {
        matches!(self, Self::Remoting | Self::Transport | Self::Java)
    }
}
