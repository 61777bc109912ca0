use std::fmt;
use std::str::FromStr;

/// Whether a server requires, permits or ignores TLS. A connection's first byte shows whether it
/// uses TLS: no frame begins with the first byte of a TLS handshake. Exhaustive: Java's three modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// TLS is ignored: connections are passed on as they are, and the driver takes a handshake for
    /// a malformed frame.
    Disabled,
    /// Peers may speak TLS or not.
    Permissive,
    /// Peers must speak TLS. From other peers, only the first byte is read.
    Enforcing,
}

impl TlsMode {
    /// Returns Java's name of the mode: `disabled`, `permissive` or `enforcing`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Permissive => "permissive",
            Self::Enforcing => "enforcing",
        }
    }
}

impl fmt::Display for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A mode name is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a TLS mode: expected disabled, permissive or enforcing")]
pub struct UnknownTlsMode(String);

/// Parses a [name](TlsMode::name). Any other text is an error; Java takes it for `permissive`.
impl FromStr for TlsMode {
    type Err = UnknownTlsMode;

    fn from_str(name: &str) -> Result<Self, UnknownTlsMode> {
        let all = [Self::Disabled, Self::Permissive, Self::Enforcing];
        let known = all.into_iter().find(|mode| mode.name() == name);
        known.ok_or_else(|| UnknownTlsMode(name.to_owned()))
    }
}
