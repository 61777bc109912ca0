//! Settings that are replaced while the gateway runs.

use crate::audits::Audits;
use crate::config::Config;
use crate::current::CurrentLayer;
use crate::log::{self, Log};
use crate::options::Options;
use crate::policies::Policies;
use rocketmq_tower::BoxError;
use rocketmq_tower::error::chain_text;
use rocketmq_tower::layers::tls::ServerTls;
use rocketmq_tower_core::clock;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The maximum time for writing what has happened before the end.
const LAST_EVENTS: Duration = Duration::from_secs(5);

/// The settings in force, and how they were read again.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) config: Config,
    pub(crate) reload: Option<Reload>,
}

/// The last time that the settings were read again.
#[derive(Clone, Debug)]
pub(crate) struct Reload {
    /// In ms since 1970.
    pub(crate) at: i64,
    /// Why it failed: the first line of the error, as others may be lines of files with secrets.
    pub(crate) error: Option<String>,
    /// The keys of settings that have changed and need a restart.
    pub(crate) fixed: Vec<&'static str>,
}

/// The settings in force, of those that can change.
pub(crate) struct Live {
    options: Options,
    config: Config,
    /// For those who ask.
    in_force: watch::Sender<Arc<InForce>>,
    log: Log,
    tls: Option<ServerTls>,
    policies: watch::Sender<Arc<Policies>>,
    audits: Audits,
}

impl Live {
    pub(crate) async fn new(
        options: Options,
        config: Config,
        log: Log,
        tls: Option<ServerTls>,
    ) -> Result<Self, BoxError> {
        let filter = log::filter(config.log.as_deref())?;
        let mut audits = Audits::default();
        let audit = match &config.audit {
            Some(audit) => Some(audits.open(audit).await?),
            None => None,
        };
        let policies = Policies::new(&config, None)?.with_audit(audit);
        warn_of_strangers(&config);
        log.set(filter);
        let (policies, _) = watch::channel(Arc::new(policies));
        let (in_force, _) =
            watch::channel(Arc::new(InForce { config: config.clone(), reload: None }));
        Ok(Self { options, config, in_force, log, tls, policies, audits })
    }

    /// Returns the settings in force, now and later.
    pub(crate) fn in_force(&self) -> watch::Receiver<Arc<InForce>> {
        self.in_force.subscribe()
    }

    /// Returns the layer of the policies in force.
    pub(crate) fn layer(&self) -> CurrentLayer {
        CurrentLayer::new(self.policies.subscribe())
    }

    /// Reads the settings again at each SIGHUP, for ever.
    pub(crate) async fn follow(&mut self, mut signals: Hangups) {
        loop {
            signals.next().await;
            let result = self.reload().await.map_err(|error| chain_text(&*error));
            self.note(&result);
            match result {
                Ok(fixed) => {
                    for key in fixed {
                        tracing::warn!(key, "a setting has changed that needs a restart");
                    }
                    tracing::info!("the settings were read again");
                }
                Err(error) => tracing::error!(error, "the settings stay as they are"),
            }
        }
    }

    /// Tells those who ask what is in force now.
    fn note(&self, result: &Result<Vec<&'static str>, String>) {
        let first_line = |error: &String| error.lines().next().unwrap_or_default().to_owned();
        let reload = Reload {
            at: clock::now_ms(),
            error: result.as_ref().err().map(first_line),
            fixed: result.clone().unwrap_or_default(),
        };
        let config = self.config.clone();
        self.in_force.send_replace(Arc::new(InForce { config, reload: Some(reload) }));
    }

    /// Puts the settings of the file in force. Returns the keys of those that have changed and cannot. On errors, nothing changes.
    async fn reload(&mut self) -> Result<Vec<&'static str>, BoxError> {
        let new = self.options.config()?;
        let filter = log::filter(new.log.as_deref())?;
        let before = Arc::clone(&self.policies.borrow());
        let policies = Policies::new(&new, Some((&self.config, &before)))?;
        // A file of an audit is opened anew, as it may have been moved away.
        let audit = match &new.audit {
            Some(audit) => Some(self.audits.open(audit).await?),
            None => None,
        };
        if let Some(tls) = &self.tls {
            tls.reload()?;
        }
        self.policies.send_replace(Arc::new(policies.with_audit(audit)));
        self.log.set(filter);
        let fixed = self.config.fixed_differences(&new);
        self.config.take_changes(new);
        Ok(fixed)
    }

    /// Waits until the audit is written. To be called when no request runs any more.
    pub(crate) async fn end(self) {
        self.policies.send_replace(Arc::default());
        if timeout(LAST_EVENTS, self.audits.end()).await.is_err() {
            tracing::error!("the last events of the audit could not be written");
        }
    }
}

/// Warns if requests of anybody are signed.
fn warn_of_strangers(config: &Config) {
    let signs = config.upstream.iter().any(|upstream| upstream.credentials.is_some());
    if signs && config.acl.as_ref().is_none_or(|acl| acl.allow_anonymous) {
        tracing::warn!("requests of clients without an account are signed for the cluster");
    }
}

/// The signals that ask to read the settings again: SIGHUP, on Unix.
pub(crate) struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    pub(crate) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { signal: signal(SignalKind::hangup())? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending().await
    }
}
