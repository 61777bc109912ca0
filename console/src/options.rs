//! The options of a console.

use rocketmq_tower_core::texts_with_causes;
use std::{fmt, fs, io};

texts_with_causes! {
    unreadable(path: String, source: io::Error) "the password of the console, {path}", source;
}

/// The options of a console.
#[derive(Clone, Debug, Default)]
pub struct ConsoleOptions {
    /// The address on which it listens, `host:port`. Port 0 takes a free one.
    pub addr: String,
    /// The password that browsers ask for. Without one, it is read-only for other machines.
    pub password: Option<Password>,
    /// Names by which browsers may reach it, beside the address and `localhost`.
    pub hosts: Vec<String>,
}

/// A password. It is not shown when it is printed for debugging.
#[derive(Clone)]
pub struct Password(pub(crate) String);

/// A password cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Its file cannot be read.
    #[error(fmt = unreadable)]
    Unreadable {
        /// The path of the file.
        path: String,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// It has no characters.
    #[error("the password of the console is empty")]
    Empty,
}

impl Password {
    /// Reads a password as it is given on the command line: itself, or `@` and the path of a file whose first
    /// line it is.
    ///
    /// # Errors
    /// If the file cannot be read, or the password is empty.
    pub fn read(text: &str) -> Result<Self, PasswordError> {
        let password = match text.strip_prefix('@') {
            None => text.to_owned(),
            Some(path) => {
                let file = fs::read_to_string(path).map_err(|source| {
                    PasswordError::Unreadable { path: path.to_owned(), source }
                })?;
                file.lines().next().unwrap_or_default().to_owned()
            }
        };
        match password.is_empty() {
            true => Err(PasswordError::Empty),
            false => Ok(Self(password)),
        }
    }
}

impl From<String> for Password {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl From<Password> for String {
    fn from(Password(password): Password) -> Self {
        password
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}
