//! The options of the console.

use std::fmt;

/// The options of the console.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConsoleOptions {
    /// The address on which it listens.
    pub(crate) addr: String,
    pub(crate) password: Option<Password>,
    /// Names by which browsers may reach it, beside the address and `localhost`.
    pub(crate) hosts: Vec<String>,
}

/// A password. It is not shown when it is printed for debugging.
#[derive(Clone)]
pub(crate) struct Password(pub(crate) String);

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}
