use std::fmt;

/// Who signs: Java's `SessionCredentials`. What is secret of it is not in its `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The name that the secret key is known by. It is sent.
    pub access_key: String,
    /// What signatures are made with. It is not sent.
    pub secret_key: String,
    /// A token that some services give out along with temporary keys. It is sent, and signed.
    pub security_token: Option<String>,
}

impl Credentials {
    /// These keys, without a security token.
    #[must_use]
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        Self { access_key, secret_key, security_token: None }
    }

    /// With this security token.
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
