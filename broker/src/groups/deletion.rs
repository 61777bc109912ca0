//! Deletes groups.

use crate::log::LogWrite;
use crate::state::BrokerState;
use rocketmq_tower::BoxError;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Deletes the settings of a group, and with `clean_offsets` its offsets. Not cancel safe: to be run as a
/// task.
pub(crate) async fn delete(
    broker: Arc<BrokerState>,
    name: String,
    clean_offsets: bool,
) -> Result<(), BoxError> {
    broker.groups.delete(&name).await?;
    {
        let (broker, name) = (Arc::clone(&broker), name.clone());
        spawn_blocking(move || broker.statistics.remove(|group, _| group == name)).await?;
    }
    if !clean_offsets {
        return Ok(());
    }
    let removed = {
        let (broker, name) = (Arc::clone(&broker), name.clone());
        spawn_blocking(move || broker.offsets.remove(|group, _| group == name)).await?
    };
    let mut batches = Vec::new();
    removed.iter().for_each(|pair| pair.delete_rows(&mut batches, super::MAX_ROWS));
    for batch in batches {
        if let Err(error) = broker.log.write(LogWrite::rows(batch)).await {
            broker.offsets.put_back(removed);
            return Err(error.into());
        }
    }
    tracing::info!(group = name, "a group was deleted");
    Ok(())
}
