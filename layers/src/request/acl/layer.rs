use super::AclVerify;
use super::rules::Rules;
use rocketmq_tower_core::RequestCode;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Lets only signed requests pass. See the [module's documentation](super).
pub struct AclVerifyLayer<C> {
    rules: Rules<C>,
}

impl<C> AclVerifyLayer<C> {
    /// Requires each request to be signed with the secret key that `store`, a
    /// [`CredentialStore`](super::CredentialStore), has for its access key.
    #[must_use]
    pub fn new(store: C) -> Self {
        let rules = Rules { store: Arc::new(store), allow_anonymous: false, exempt: Arc::new([]) };
        Self { rules }
    }

    /// Lets requests without an access key pass too; they have no [`AccessKey`](super::AccessKey)
    /// among their extensions. Requests with an access key must still be signed.
    #[must_use]
    pub fn allow_anonymous(mut self) -> Self {
        self.rules.allow_anonymous = true;
        self
    }

    /// Lets requests with these codes pass unchecked, in addition to codes given before: Java's
    /// `authenticationWhitelist`. They have no [`AccessKey`](super::AccessKey), even if they are
    /// signed.
    #[must_use]
    pub fn exempt(mut self, codes: impl IntoIterator<Item = impl Into<RequestCode>>) -> Self {
        let before = self.rules.exempt.iter().copied();
        self.rules.exempt = before.chain(codes.into_iter().map(Into::into)).collect();
        self
    }
}

impl<S, C> Layer<S> for AclVerifyLayer<C> {
    type Service = AclVerify<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        AclVerify::new(inner, self.rules.clone())
    }
}

impl<C> Clone for AclVerifyLayer<C> {
    fn clone(&self) -> Self {
        Self { rules: self.rules.clone() }
    }
}

impl<C> fmt::Debug for AclVerifyLayer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AclVerifyLayer").field("rules", &self.rules).finish()
    }
}
