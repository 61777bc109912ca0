use super::{PemFiles, TlsConfigError};
use rocketmq_tower_core::sync::{lock, read, write};
use std::fmt;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, RwLock};
use tokio_rustls::rustls::ServerConfig;

/// A server's TLS settings: its certificate and key, and the authorities of client certificates.
///
/// Clones share the settings: replacing them in one replaces them in all, for connections that
/// begin after that. Earlier sessions are not resumed, so a returning client sees the new
/// certificate too.
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
    /// Fingerprint of the contents in use. Locked while they are replaced.
    loaded: Mutex<u64>,
}

impl ServerTls {
    /// Uses `config`, for certificates from elsewhere or settings that [files](Self::from_files)
    /// cannot express. It may use any cryptography provider.
    #[must_use]
    pub fn new(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self::with_files(config.into(), None)
    }

    /// Uses the content of these files, with rustls' defaults: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// If a file cannot be read, or its content is unusable.
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

    /// Replaces the settings, for connections that begin from now on. With files, the next reload
    /// of changed files replaces them again.
    pub fn replace(&self, config: impl Into<Arc<ServerConfig>>) {
        self.shared.replace(config.into());
    }

    /// Reads the files again, for instance on a signal. Connections that begin from now on use the
    /// new content. Returns `false` if the content has not changed, or there are no files.
    ///
    /// This reads small files in the current thread. If that may take long, call it on a thread
    /// that may block.
    ///
    /// # Errors
    /// If a file cannot be read, or its content is unusable, such as a key of another certificate.
    /// The previous settings then stay in use.
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

    /// Returns the configuration for a connection that begins now.
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

/// Omits the keys.
impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.shared.files.as_ref().map(|files| &files.paths);
        f.debug_struct("ServerTls").field("files", &files).finish_non_exhaustive()
    }
}
