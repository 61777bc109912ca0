//! The language that a command's sender is written in.

/// The language of a command's sender: a name in the JSON header, a byte in the binary one.
///
/// Source of the names and numbers: Java's `protocol/LanguageCode.java`. Bytes that it does not
/// list are kept, so that a forwarded command keeps its language. A *name* that it does not list
/// becomes [`UNKNOWN`](Self::UNKNOWN), which is left out of the JSON header, as Java does.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LanguageCode(u8);

const NAMES: [&str; 14] = [
    "JAVA", "CPP", "DOTNET", "PYTHON", "DELPHI", "ERLANG", "RUBY", "OTHER", "HTTP", "GO", "PHP",
    "OMS", "RUST", "NODE_JS",
];

#[allow(missing_docs, reason = "the names say it all")]
impl LanguageCode {
    pub const JAVA: Self = Self(0);
    pub const CPP: Self = Self(1);
    pub const DOTNET: Self = Self(2);
    pub const PYTHON: Self = Self(3);
    pub const DELPHI: Self = Self(4);
    pub const ERLANG: Self = Self(5);
    pub const RUBY: Self = Self(6);
    pub const OTHER: Self = Self(7);
    pub const HTTP: Self = Self(8);
    pub const GO: Self = Self(9);
    pub const PHP: Self = Self(10);
    pub const OMS: Self = Self(11);
    pub const RUST: Self = Self(12);
    pub const NODE_JS: Self = Self(13);
}

impl LanguageCode {
    /// Stands for a name in a JSON header that this version does not know.
    pub const UNKNOWN: Self = Self(u8::MAX);

    /// Returns the byte in the binary header.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self.0
    }

    /// Returns the name in the JSON header, or `None` if the language has no name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// Returns the language called `name`, ignoring case, or [`UNKNOWN`](Self::UNKNOWN).
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::from_bytes(name.as_bytes())
    }

    /// Like [`from_name`](Self::from_name), for a name that need not be UTF-8.
    #[inline]
    pub(crate) fn from_bytes(name: &[u8]) -> Self {
        // That of most clients.
        if name == b"JAVA" {
            return Self::JAVA;
        }
        let is_it = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
        let known = NAMES.iter().zip(0..).find(|(known, _)| is_it(known));
        known.map_or(Self::UNKNOWN, |(_, byte)| Self(byte))
    }
}

impl Default for LanguageCode {
    /// Returns `JAVA`, which Java assumes if a header has no language.
    fn default() -> Self {
        Self::JAVA
    }
}

impl From<u8> for LanguageCode {
    fn from(byte: u8) -> Self {
        Self(byte)
    }
}

impl std::fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "UNKNOWN({})", self.0),
        }
    }
}

impl std::fmt::Debug for LanguageCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::LanguageCode;

    #[test]
    fn names_follow_the_numbers() {
        assert_eq!(LanguageCode::from(9).name(), Some("GO"));
        assert_eq!(LanguageCode::from_name("node_js"), LanguageCode::NODE_JS);
        assert_eq!((LanguageCode::RUST.as_u8(), LanguageCode::RUST.name()), (12, Some("RUST")));
        assert_eq!(LanguageCode::from_name("RUST"), LanguageCode::from(12));
    }

    #[test]
    fn unlisted_bytes_are_kept_and_unlisted_names_are_unknown() {
        assert_eq!(LanguageCode::from(99).as_u8(), 99);
        assert_eq!(LanguageCode::from(99).name(), None);
        assert_eq!(LanguageCode::from_name("SWIFT"), LanguageCode::UNKNOWN);
    }
}
