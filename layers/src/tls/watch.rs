//! Replaces certificates while a server runs.

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
    /// Watches the files, and [reloads](Self::reload) them when they change, until this value and
    /// all its clones (such as in a layer) are dropped. Without [files](Self::from_files), does
    /// nothing.
    ///
    /// The files' folders are watched, so files may be overwritten, replaced by renaming, or be
    /// links that change, as in Kubernetes secrets. Files that are only half replaced, or otherwise
    /// unusable, are logged and not used; the next change is tried again. On file systems without
    /// change notifications, such as NFS, call `reload` periodically instead.
    ///
    /// Files are watched and reloaded on one thread of the `notify` library; no runtime is needed.
    ///
    /// # Errors
    /// If the system cannot watch the folders.
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
        // Pick up changes made before the watch began.
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
        // Reading the files causes events too.
        Ok(event) if is_change(event.kind) => reload(&shared),
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(error = chain_text(&error), "watching the certificate files failed");
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
        // The other file may be replaced shortly.
        Err(error @ TlsConfigError::Mismatch) => {
            tracing::info!(%error, "keeping the old certificate for now");
        }
        Err(error) => {
            tracing::warn!(error = chain_text(&error), "keeping the old certificate");
        }
    }
}
