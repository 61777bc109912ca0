use super::{PemFiles, TlsConfigError};
use rocketmq_tower_core::sync::{lock, read, write};
use std::fmt;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, RwLock};
use tokio_rustls::rustls::ServerConfig;

/// What a server shows its clients and wants from them: certificate, key, authorities.
///
/// Clones are the same: what replaces it for one replaces it for all, and counts for connections
/// that begin after that. Sessions of before are not resumed: also a client that comes again sees
/// the new certificate.
#[derive(Clone)]
pub struct ServerTls {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    current: RwLock<Arc<ServerConfig>>,
    files: Option<Files>,
    #[cfg(feature = "tls-reload")]
    pub(super) watcher: Mutex<Option<notify::RecommendedWatcher>>,
}

struct Files {
    paths: PemFiles,
    hashing: RandomState,
    /// Of the contents that are in use. Locked while they are replaced.
    loaded: Mutex<u64>,
}

impl ServerTls {
    /// As `config` says, whose certificates come from somewhere else, or which does more than
    /// [files](Self::from_files) can tell. It may use any provider of cryptography.
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self::with_files(config.into(), None)
    }

    /// What these files hold: TLS 1.2 and 1.3, by rustls' defaults.
    ///
    /// # Errors
    /// If one cannot be read, or holds what cannot be used.
    pub fn from_files(files: PemFiles) -> Result<Self, TlsConfigError> {
        let (contents, hashing) = (files.read()?, RandomState::new());
        let loaded = Mutex::new(contents.fingerprint(&hashing));
        let files = Files { paths: files, hashing, loaded };
        Ok(Self::with_files(Arc::new(contents.config()?), Some(files)))
    }

    fn with_files(config: Arc<ServerConfig>, files: Option<Files>) -> Self {
        let shared = Shared {
            current: RwLock::new(config),
            files,
            #[cfg(feature = "tls-reload")]
            watcher: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Connections that begin from now on use this. The next change of files, if there are any,
    /// replaces it in turn.
    pub fn replace(&self, config: impl Into<Arc<ServerConfig>>) {
        self.shared.replace(config.into());
    }

    /// Reads the files again, such as at a signal; connections that begin from now on use what they
    /// hold. False if it is what they held before, or there are no files.
    ///
    /// Reads files in this thread: small ones, and seldom, but where that may take long, call it in
    /// one that may wait.
    ///
    /// # Errors
    /// If one cannot be read, or holds what cannot be used, such as a key of another certificate.
    /// Then all stays as it is.
    pub fn reload(&self) -> Result<bool, TlsConfigError> {
        self.shared.reload()
    }

    #[cfg(feature = "tls-reload")]
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    #[cfg(feature = "tls-reload")]
    pub(super) fn files(&self) -> Option<&PemFiles> {
        self.shared.files.as_ref().map(|files| &files.paths)
    }

    /// What a connection that begins now uses.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&read(&self.shared.current))
    }
}

impl Shared {
    fn replace(&self, config: Arc<ServerConfig>) {
        *write(&self.current) = config;
    }

    pub(super) fn reload(&self) -> Result<bool, TlsConfigError> {
        let Some(files) = &self.files else { return Ok(false) };
        let mut loaded = lock(&files.loaded);
        let contents = files.paths.read()?;
        let fingerprint = contents.fingerprint(&files.hashing);
        if *loaded == fingerprint {
            return Ok(false);
        }
        self.replace(Arc::new(contents.config()?));
        *loaded = fingerprint;
        Ok(true)
    }
}

/// Without keys.
impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.shared.files.as_ref().map(|files| &files.paths);
        f.debug_struct("ServerTls").field("files", &files).finish_non_exhaustive()
    }
}
