use super::Event;
use super::line::Line;
use super::queue::Drain;
use rocketmq_tower_core::protocol::json;
use rocketmq_tower_core::subject::Kind;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// The time between two writes. A wake of the writer for each event costs more than all else that an audit does.
const REST: Duration = Duration::from_millis(10);

/// The events of an [`AuditLayer`](super::AuditLayer), in the order in which requests ended.
///
/// When it is dropped, requests go on without being reported, which is logged as an error.
#[derive(Debug)]
pub struct AuditStream {
    drain: Drain,
}

impl AuditStream {
    pub(super) fn new(drain: Drain) -> Self {
        Self { drain }
    }

    /// Returns the next event; `None` once the layer, its clones and all their services are gone.
    ///
    /// An event leaves the queue with this call.
    pub async fn recv(&mut self) -> Option<Event> {
        self.drain.next().await
    }

    /// Writes each event as one line of JSON, until there will be none. Flushes when no event waits, and looks for more 10 ms later, or as
    /// soon as the queue is half full.
    ///
    /// # Errors
    /// If writing fails. The event that was written is lost; call this again, with another writer, to go
    /// on.
    pub async fn write_json<W: AsyncWrite + Unpin>(&mut self, mut writer: W) -> io::Result<()> {
        while let Some(event) = self.recv().await {
            let mut line = json::to_bytes(&Line::of(&event)).map_err(io::Error::other)?.to_vec();
            line.push(b'\n');
            writer.write_all(&line).await?;
            if self.drain.is_empty() {
                writer.flush().await?;
                self.drain.rest(REST).await;
            }
        }
        writer.flush().await
    }

    /// Passes each event to `tracing`, at the level `INFO` and with the target
    /// [`TARGET`](super::TARGET), until there will be none.
    pub async fn log(&mut self) {
        while let Some(event) = self.recv().await {
            log(&event);
        }
    }
}

fn log(event: &Event) {
    let record = match event {
        Event::Request(record) => record,
        Event::Dropped { count, .. } => {
            tracing::warn!(target: super::TARGET, count, "events were dropped");
            return;
        }
    };
    let names = |kind| record.names_of(kind).collect::<Vec<_>>().join(",");
    tracing::info!(
        target: super::TARGET,
        user = record.user.as_deref(),
        address = record.address.as_ref().map(tracing::field::display),
        client = record.client.as_deref(),
        action = record.action.name(),
        code = %record.code,
        topics = names(Kind::Topic),
        groups = names(Kind::Group),
        producer_groups = names(Kind::ProducerGroup),
        queue = record.queue,
        result = record.result.map(tracing::field::display),
        micros = u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
}
