use std::fmt;
use std::str::FromStr;

/// What a server does about TLS. The first byte of a connection tells: no frame begins with that of
/// a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// Nothing: connections are passed on as they are, and what begins with a handshake is not a
    /// frame to the driver.
    Disabled,
    /// Peers may speak TLS or not.
    Permissive,
    /// Peers must speak TLS. Of others, nothing but the first byte is read.
    Enforcing,
}

impl TlsMode {
    /// Java's name of it: `disabled`, `permissive` or `enforcing`.
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

/// There is no mode of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the TLS mode is {0:?}, which is not disabled, permissive or enforcing")]
pub struct UnknownTlsMode(String);

/// By [name](TlsMode::name). Java takes every other text for `permissive`; here it is an error.
impl FromStr for TlsMode {
    type Err = UnknownTlsMode;

    fn from_str(name: &str) -> Result<Self, UnknownTlsMode> {
        let all = [Self::Disabled, Self::Permissive, Self::Enforcing];
        let known = all.into_iter().find(|mode| mode.name() == name);
        known.ok_or_else(|| UnknownTlsMode(name.to_owned()))
    }
}
