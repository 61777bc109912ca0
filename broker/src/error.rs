//! The errors of starting and serving.

use rocketmq_tower::{BoxError, server};
use std::io;
use std::path::PathBuf;

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address of the name server cannot be resolved or bound.
    #[error("the name server cannot listen on {addr}")]
    ListenNameServer {
        /// The address, as it was set.
        addr: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The address of the broker cannot be resolved or bound.
    #[error("the broker cannot listen on {addr}")]
    ListenBroker {
        /// The address, as it was set.
        addr: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The address of the metrics cannot be resolved or bound.
    #[error("metrics cannot be served on {addr}")]
    ListenMetrics {
        /// The address, as it was set.
        addr: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The address of the console cannot be resolved or bound.
    #[error("the console cannot listen on {addr}")]
    ListenConsole {
        /// The address, as it was set.
        addr: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The folder does not exist and cannot be created.
    #[error("the folder {} cannot be created", .path.display())]
    CreateFolder {
        /// The folder, as it was set.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Another broker, of this or another process, uses the folder.
    #[error("the folder {} is in use by another broker", .path.display())]
    FolderInUse {
        /// The folder, as it was set.
        path: PathBuf,
    },
    /// The store in the folder cannot be opened.
    #[error("the store in the folder {} cannot be opened", .path.display())]
    OpenStore {
        /// The folder, as it was set.
        path: PathBuf,
        /// The error of the store.
        source: BoxError,
    },
    /// The store is open, but its contents cannot be read.
    #[error("the contents of the store cannot be read")]
    ReadStore(#[source] BoxError),
    /// A topic cannot be created.
    #[error("the topic {name:?} cannot be created")]
    CreateTopic {
        /// The topic's name, as it was set.
        name: String,
        /// The reason, such as a name with characters that are not allowed.
        source: BoxError,
    },
    /// A part of the broker cannot be set up, such as the thread that writes.
    #[error("the broker cannot be set up")]
    SetUp(#[source] BoxError),
}

/// Why a broker ended by itself, or did not end in good order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The store has failed for good, as after an error of the disk; a full disk only fails writes.
    /// Every acknowledged message is there when the folder is opened again.
    #[error("the store has failed, and has to be opened again")]
    Store,
    /// The store did not end in time: the disk does not answer. It goes on in the background, and keeps the
    /// folder until it has ended. Every acknowledged message is stored.
    #[error("the store has not ended in time")]
    StoreBusy,
    /// The name server has ended.
    #[error("the name server has failed")]
    NameServer(#[source] server::ServeError),
    /// The broker's server has ended.
    #[error("the broker's server has failed")]
    Broker(#[source] server::ServeError),
    /// The broker's main task has panicked, or its runtime has shut down.
    #[error("the broker's main task was aborted or has panicked")]
    Task(#[source] BoxError),
}
