use super::signature::{ACCESS_KEY, verify};
use super::{CredentialStore, EmptySecretKey};
use rocketmq_tower_core::{Abort, RemotingCommand, RequestCode, ResponseCode};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The access key of a verified request, found among the request's
/// [extensions](RemotingCommand::extensions).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccessKey(Arc<str>);

impl AccessKey {
    /// Returns the access key as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which requests pass.
pub(super) struct Rules<C> {
    pub(super) store: Arc<C>,
    pub(super) allow_anonymous: bool,
    pub(super) exempt: Arc<[RequestCode]>,
}

impl<C: CredentialStore> Rules<C> {
    /// Verifies a request and returns its access key; `None` if it may pass without one. The
    /// remarks are those of Java's `DefaultAuthenticationHandler` and
    /// `AbstractAuthenticationStrategy`.
    pub(super) fn check(&self, request: &RemotingCommand) -> Result<Option<AccessKey>, Abort> {
        if self.exempt.contains(&request.request_code()) {
            return Ok(None);
        }
        // Clients without credentials may send an empty access key, as the C++ client does.
        let access_key = request.ext_fields().get(ACCESS_KEY).filter(|key| !key.is_empty());
        let Some(access_key) = access_key else {
            if self.allow_anonymous {
                return Ok(None);
            }
            return Err(refuse("username cannot be null."));
        };
        let Some(secret_key) = self.store.secret_key(access_key) else {
            return Err(refuse(format!("User:{access_key} is not found.")));
        };
        match verify(request, &secret_key) {
            Ok(true) => Ok(Some(AccessKey(access_key.into()))),
            Ok(false) => Err(refuse("check signature failed.")),
            Err(EmptySecretKey) => {
                Err(refuse("Authentication failed. Please verify the credentials and try again."))
            }
        }
    }
}

fn refuse(remark: impl Into<Cow<'static, str>>) -> Abort {
    Abort::new(ResponseCode::NO_PERMISSION, remark)
}

/// Written by hand, because the store need not be `Clone`.
impl<C> Clone for Rules<C> {
    fn clone(&self) -> Self {
        let (store, exempt) = (Arc::clone(&self.store), Arc::clone(&self.exempt));
        Self { store, exempt, allow_anonymous: self.allow_anonymous }
    }
}

/// Leaves out the store, which holds secrets.
impl<C> fmt::Debug for Rules<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("allow_anonymous", &self.allow_anonymous)
            .field("exempt", &self.exempt)
            .finish_non_exhaustive()
    }
}
