//! The policies around the forwarding of requests, which may be replaced while the gateway runs.

use crate::config::{AuditConfig, Config, RuleConfig, WhenFull};
use rocketmq_tower::layers::audit::{self, Audit, AuditStream};
use rocketmq_tower::layers::authorize::{Authorize, Rules};
use rocketmq_tower::layers::quota::Limited;
use rocketmq_tower::layers::trace::Trace;
use rocketmq_tower::layers::{
    AclVerifyLayer, AuditLayer, AuthorizeLayer, QuotaLayer, TraceLayer, acl::AclVerify,
};
use rocketmq_tower::{BoxError, Layer, RemotingCommand, Reply, Service, ServiceBuilder};
use rocketmq_tower_gateway::Target;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::fs::OpenOptions;
use tokio::io::BufWriter;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::util::Either;
use tracing::Level;

/// The default number of events of an audit that wait to be written.
const AUDIT_QUEUE: usize = 10_000;

type Accounts = HashMap<String, String>;

/// The policies of a gateway, the outermost first. The first one sees what the others refuse.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    trace: Option<TraceLayer>,
    acl: Option<AclVerifyLayer<Accounts>>,
    audit: Option<AuditLayer>,
    authorize: Option<AuthorizeLayer>,
    quota: Option<QuotaLayer>,
}

type Traced<S> = Either<Trace<Verified<S>>, Verified<S>>;
type Verified<S> = Either<AclVerify<Audited<S>, Accounts>, Audited<S>>;
type Audited<S> = Either<Audit<Authorized<S>>, Authorized<S>>;
type Authorized<S> = Either<Authorize<Measured<S>>, Measured<S>>;
type Measured<S> = Either<Limited<S>, S>;

impl Policies {
    /// Makes the policies of these settings, without the audit, which [`Audits`] opens. The counts of quotas that have not changed go on.
    pub(crate) fn new(config: &Config, before: Option<(&Config, &Self)>) -> Result<Self, BoxError> {
        let quota = match before {
            Some((old, policies)) if old.quota == config.quota => policies.quota.clone(),
            _ => {
                let quotas = config.quota.iter().map(|quota| quota.quota());
                (!config.quota.is_empty()).then(|| QuotaLayer::new(quotas))
            }
        };
        let rules = || config.authorize.iter().map(|RuleConfig(rule)| rule.clone());
        let authorize = !config.authorize.is_empty();
        Ok(Self {
            trace: config.trace.as_ref().map(|trace| {
                let layer = TraceLayer::new().level(Level::INFO).every(trace.every.get());
                layer.target_of(|request| Target::of(request).map(Target::name))
            }),
            acl: config.acl.as_ref().map(|acl| acl.layer()).transpose()?,
            audit: None,
            authorize: authorize.then(|| AuthorizeLayer::new(Rules::new(rules()))),
            quota,
        })
    }

    pub(crate) fn with_audit(mut self, audit: Option<AuditLayer>) -> Self {
        self.audit = audit;
        self
    }

    fn layer<S>(&self, inner: S) -> Traced<S> {
        ServiceBuilder::new()
            .option_layer(self.trace.clone())
            .option_layer(self.acl.clone())
            .option_layer(self.audit.clone())
            .option_layer(self.authorize.clone())
            .option_layer(self.quota.clone())
            .service(inner)
    }
}

/// The tasks that write audits. Each ends when the requests that it reports have ended.
#[derive(Debug, Default)]
pub(crate) struct Audits(JoinSet<()>);

impl Audits {
    /// Starts an audit with these settings.
    pub(crate) async fn open(&mut self, config: &AuditConfig) -> Result<AuditLayer, BoxError> {
        let (layer, mut events) = AuditLayer::new(config.queue.unwrap_or(AUDIT_QUEUE));
        let layer = config.actions.iter().fold(layer, |layer, name| layer.action(name.0));
        let layer = layer.when_full(match config.when_full {
            WhenFull::Drop => audit::WhenFull::Drop,
            WhenFull::Wait => audit::WhenFull::Wait,
        });
        match &config.file {
            Some(path) => {
                let file = OpenOptions::new().create(true).append(true).open(path).await;
                let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
                self.0.spawn(write(events, BufWriter::new(file), path.as_path().into()));
            }
            None => _ = self.0.spawn(async move { events.log().await }),
        }
        // Those that have ended are forgotten.
        while self.0.try_join_next().is_some() {}
        Ok(layer)
    }

    /// Waits until everything is written.
    pub(crate) async fn end(self) {
        self.0.join_all().await;
    }
}

async fn write(mut events: AuditStream, mut file: BufWriter<tokio::fs::File>, path: Arc<Path>) {
    while let Err(error) = events.write_json(&mut file).await {
        tracing::error!(path = %path.display(), %error, "an event of the audit is lost");
    }
}

/// Puts the policies in force around services.
#[derive(Clone, Debug)]
pub(crate) struct PoliciesLayer(watch::Receiver<Arc<Policies>>);

impl PoliciesLayer {
    pub(crate) fn new(policies: watch::Receiver<Arc<Policies>>) -> Self {
        Self(policies)
    }
}

impl<S: Clone> Layer<S> for PoliciesLayer {
    type Service = Policed<S>;

    fn layer(&self, inner: S) -> Policed<S> {
        let mut policies = self.0.clone();
        let stack = policies.borrow_and_update().layer(inner.clone());
        Policed { inner, policies, stack }
    }
}

/// A service inside of the policies in force. Requests that have begun finish with those of their beginning.
#[derive(Clone, Debug)]
pub(crate) struct Policed<S> {
    inner: S,
    policies: watch::Receiver<Arc<Policies>>,
    stack: Traced<S>,
}

impl<S> Service<RemotingCommand> for Policed<S>
where
    S: Service<RemotingCommand, Response: Reply, Error = BoxError> + Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = <Traced<S> as Service<RemotingCommand>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.policies.has_changed().unwrap_or(false) {
            self.stack = self.policies.borrow_and_update().layer(self.inner.clone());
        }
        self.stack.poll_ready(cx)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        self.stack.call(request)
    }
}
