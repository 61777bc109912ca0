//! Certificates that are replaced while a server runs.

use super::server::Shared;
use super::{ServerTls, TlsConfigError};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecursiveMode, Watcher};
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::sync::lock;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Weak};

impl ServerTls {
    /// Watches the files, and [reloads](Self::reload) them when they change, for as long as this or
    /// a clone of it lives, such as in a layer. Without [files](Self::from_files) there is nothing
    /// to watch.
    ///
    /// The folders are watched, so that files may be overwritten, renamed into their place, or be
    /// links that change, as those of Kubernetes' secrets. What is half replaced, or bad in another
    /// way, is logged and not used; the next change is looked at again. Systems of files that tell
    /// of no changes, such as NFS, need a call of `reload` now and then instead.
    ///
    /// The work is done in one thread of the watching library, in any runtime or none.
    ///
    /// # Errors
    /// If the system does not let them be watched.
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-reload")))]
    pub fn watch(self) -> Result<Self, TlsConfigError> {
        let Some(files) = self.files() else { return Ok(self) };
        let folders: BTreeSet<_> = files.paths().map(folder).collect();
        let shared = Arc::downgrade(self.shared());
        let watch = || {
            let mut watcher = notify::recommended_watcher(move |event| on_event(&shared, event))?;
            for folder in folders {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            Ok::<_, notify::Error>(watcher)
        };
        let watcher = watch().map_err(|error| TlsConfigError::Watch(error.into()))?;
        *lock(&self.shared().watcher) = Some(watcher);
        // What changed before the watch began.
        reload(self.shared());
        Ok(self)
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

fn on_event(shared: &Weak<Shared>, event: notify::Result<Event>) {
    let Some(shared) = shared.upgrade() else { return };
    match event {
        // Reading the files is an event, too.
        Ok(event) if is_change(event.kind) => reload(&shared),
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(error = chain_text(&error), "watching the certificate's files failed");
        }
    }
}

fn is_change(kind: EventKind) -> bool {
    !kind.is_access() || kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}

fn reload(shared: &Shared) {
    match shared.reload() {
        Ok(true) => tracing::info!("new connections use the new certificate"),
        Ok(false) => {}
        // The other half may be on its way.
        Err(error @ TlsConfigError::Mismatch) => {
            tracing::info!(%error, "the old certificate stays for now");
        }
        Err(error) => {
            tracing::warn!(error = chain_text(&error), "the old certificate stays");
        }
    }
}
