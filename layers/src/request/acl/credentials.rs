use std::fmt;

/// The keys that a client signs with: Java's `SessionCredentials`. `Debug` prints only the access
/// key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The name of the secret key. It is sent.
    pub access_key: String,
    /// The key that signs. It is not sent.
    pub secret_key: String,
    /// A token that some services issue together with temporary keys. It is sent and signed.
    pub security_token: Option<String>,
}

impl Credentials {
    /// Creates credentials from these keys, without a security token.
    #[must_use]
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        Self { access_key, secret_key, security_token: None }
    }

    /// Sets the security token.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(token.into());
        self
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}
