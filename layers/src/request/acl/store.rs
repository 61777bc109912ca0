use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// Where a server finds secret keys. It is asked for each request, in the connection's task, so it
/// must not block.
///
/// A `HashMap` of secret keys by access key is one, and so is a closure that takes an access key
/// and returns its secret key, if there is one.
pub trait CredentialStore: Send + Sync + 'static {
    /// The secret key that belongs to `access_key`; `None` if there is no such user, or no longer.
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

/// A store that is shared, or whose type is known at run time only.
impl<C: CredentialStore + ?Sized> CredentialStore for Arc<C> {
    fn secret_key(&self, access_key: &str) -> Option<Cow<'_, str>> {
        (**self).secret_key(access_key)
    }
}
