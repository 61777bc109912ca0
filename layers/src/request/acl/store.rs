use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// A server's source of secret keys. It is called for each request, in the connection's task, so it
/// must not block.
///
/// It is implemented by a `HashMap` from access keys to secret keys, and by closures that take an
/// access key and return its secret key, if there is one.
pub trait CredentialStore: Send + Sync + 'static {
    /// Returns the secret key of `access_key`; `None` if there is no such user (any more).
    fn secret_key(&self, access_key: &str) -> Option<Cow<'_, str>>;
}

impl<K, V, H> CredentialStore for HashMap<K, V, H>
where
    K: Borrow<str> + Eq + Hash + Send + Sync + 'static,
    V: AsRef<str> + Send + Sync + 'static,
    H: BuildHasher + Send + Sync + 'static,
{
    fn secret_key(&self, access_key: &str) -> Option<Cow<'_, str>> {
        self.get(access_key).map(|secret_key| secret_key.as_ref().into())
    }
}

impl<F> CredentialStore for F
where
    F: Fn(&str) -> Option<String> + Send + Sync + 'static,
{
    fn secret_key(&self, access_key: &str) -> Option<Cow<'_, str>> {
        self(access_key).map(Cow::Owned)
    }
}

/// A shared store, or one whose type is known only at run time.
impl<C: CredentialStore + ?Sized> CredentialStore for Arc<C> {
    fn secret_key(&self, access_key: &str) -> Option<Cow<'_, str>> {
        (**self).secret_key(access_key)
    }
}
