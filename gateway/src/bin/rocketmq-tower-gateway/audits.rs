//! Where the events of audits are written.

use crate::config::{AuditConfig, WhenFull};
use rocketmq_tower::BoxError;
use rocketmq_tower::layers::AuditLayer;
use rocketmq_tower::layers::audit::{self, AuditStream};
use std::path::Path;
use std::sync::Arc;
use tokio::fs::{File, OpenOptions};
use tokio::io::BufWriter;
use tokio::task::JoinSet;

/// The default number of events that wait to be written.
const QUEUE: usize = 10_000;

/// The tasks that write audits. Each ends when the requests that it reports have ended.
#[derive(Debug, Default)]
pub(crate) struct Audits(JoinSet<()>);

impl Audits {
    /// Starts an audit with these settings.
    pub(crate) async fn open(&mut self, config: &AuditConfig) -> Result<AuditLayer, BoxError> {
        let (layer, mut events) = AuditLayer::new(config.queue.unwrap_or(QUEUE));
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

async fn write(mut events: AuditStream, mut file: BufWriter<File>, path: Arc<Path>) {
    while let Err(error) = events.write_json(&mut file).await {
        tracing::error!(path = %path.display(), %error, "an event of the audit is lost");
    }
}
