//! The policies around the forwarding of requests.

use crate::config::{Config, NamespaceConfig, RuleConfig};
use rocketmq_tower::layers::acl::AclVerify;
use rocketmq_tower::layers::audit::Audit;
use rocketmq_tower::layers::authorize::{Authorize, Rules};
use rocketmq_tower::layers::namespace::Namespace;
use rocketmq_tower::layers::quota::Limited;
use rocketmq_tower::layers::trace::Trace;
use rocketmq_tower::layers::{
    AclVerifyLayer, AuditLayer, AuthorizeLayer, NamespaceLayer, QuotaLayer, TraceLayer,
};
use rocketmq_tower::{BoxError, RemotingCommand, Service, ServiceBuilder};
use rocketmq_tower_gateway::Target;
use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::util::Either;
use tracing::Level;

type Accounts = HashMap<String, String>;

/// The policies of a gateway, the outermost first. The first one sees what the others refuse. Quotas see the names in the cluster, so that each
/// tenant has its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    trace: Option<TraceLayer>,
    acl: Option<AclVerifyLayer<Accounts>>,
    audit: Option<AuditLayer>,
    authorize: Option<AuthorizeLayer>,
    namespace: Option<NamespaceLayer>,
    quota: Option<QuotaLayer>,
}

/// A service inside of policies, or without any.
pub(crate) type Policed<S> = Either<S, Boxed<Traced<S>>>;

type Traced<S> = Either<Trace<Verified<S>>, Verified<S>>;
type Verified<S> = Either<AclVerify<Audited<S>, Accounts>, Audited<S>>;
type Audited<S> = Either<Audit<Authorized<S>>, Authorized<S>>;
type Authorized<S> = Either<Authorize<Separate<S>>, Separate<S>>;
type Separate<S> = Either<Namespace<Measured<S>>, Measured<S>>;
type Measured<S> = Either<Limited<S>, S>;

impl Policies {
    /// Makes the policies of these settings, without the audit, which [`Audits`](crate::audits::Audits) opens. The counts of quotas
    /// go on if these are the same as before.
    pub(crate) fn new(config: &Config, before: Option<(&Config, &Self)>) -> Result<Self, BoxError> {
        let quota = match before {
            Some((old, policies)) if old.quota == config.quota => policies.quota.clone(),
            _ => {
                let quotas = config.quota.iter().map(|quota| quota.quota());
                (!config.quota.is_empty()).then(|| QuotaLayer::new(quotas))
            }
        };
        let rules = || config.authorize.iter().map(RuleConfig::rule);
        if config.namespace.is_some() && config.acl.is_none() {
            return Err("`namespace` needs `acl`, which tells the users".into());
        }
        let authorize = !config.authorize.is_empty();
        Ok(Self {
            trace: config.trace.as_ref().map(|trace| {
                let layer = TraceLayer::new().level(Level::INFO).every(trace.every.get());
                layer.target_of(|request| Target::of(request).map(Target::name))
            }),
            acl: config.acl.as_ref().map(|acl| acl.layer()).transpose()?,
            audit: None,
            namespace: config.namespace.as_ref().map(NamespaceConfig::layer),
            authorize: authorize.then(|| AuthorizeLayer::new(Rules::new(rules()))),
            quota,
        })
    }

    pub(crate) fn with_audit(mut self, audit: Option<AuditLayer>) -> Self {
        self.audit = audit;
        self
    }

    /// Returns a service inside of these policies.
    pub(crate) fn around<S>(&self, inner: S) -> Policed<S> {
        if self.are_none() {
            return Either::Left(inner);
        }
        let policed = ServiceBuilder::new()
            .option_layer(self.trace.clone())
            .option_layer(self.acl.clone())
            .option_layer(self.audit.clone())
            .option_layer(self.authorize.clone())
            .option_layer(self.namespace.clone())
            .option_layer(self.quota.clone())
            .service(inner);
        Either::Right(Boxed(policed))
    }

    fn are_none(&self) -> bool {
        let Self { trace, acl, audit, authorize, namespace, quota } = self;
        trace.is_none()
            && acl.is_none()
            && audit.is_none()
            && authorize.is_none()
            && namespace.is_none()
            && quota.is_none()
    }
}

/// Boxes futures: those of requests without policies need no room for the others.
#[derive(Clone, Debug)]
pub(crate) struct Boxed<S>(S);

impl<S: Service<RemotingCommand>> Service<RemotingCommand> for Boxed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<S::Future>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        Box::pin(self.0.call(request))
    }
}
