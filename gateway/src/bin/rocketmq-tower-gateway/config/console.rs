//! Settings of the console.

use rocketmq_tower_console::{ConsoleOptions, Password, PasswordError};
use serde::Deserialize;
use std::fmt;

/// A console in the browser.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ConsoleConfig {
    /// The address on which it listens. Without one, no console is served.
    pub(crate) listen: Option<String>,
    /// The password, or `@` and the path of a file whose first line it is.
    pub(crate) password: Option<Secret>,
    /// Names by which browsers may reach it, beside the address and `localhost`.
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl ConsoleConfig {
    /// Returns the options, if it has an address.
    pub(super) fn options(&self) -> Result<Option<ConsoleOptions>, PasswordError> {
        let Some(addr) = self.listen.clone() else { return Ok(None) };
        let password = self.password.as_ref().map(|Secret(text)| Password::read(text));
        Ok(Some(ConsoleOptions {
            addr,
            password: password.transpose()?,
            hosts: self.hosts.clone(),
        }))
    }
}
