//! Requests for upkeep, and for the state of replicas.

use super::answer;
use crate::jobs::retention;
use crate::state::BrokerState;
use rocketmq_tower::{Body, BoxError, ResponseCode, State};
use serde::Serialize;
use std::sync::Arc;

/// `DELETE_EXPIRED_COMMITLOG` and `CLEAN_EXPIRED_CONSUMEQUEUE`: deletes old messages now, with their
/// entries in the indexes, as the broker does once a minute.
pub(super) async fn delete_expired(
    State(broker): State<Arc<BrokerState>>,
) -> Result<ResponseCode, BoxError> {
    // A task, as it goes on if the connection ends.
    tokio::spawn(async move { retention::pass(&broker, broker.settings.retention()).await })
        .await??;
    Ok(ResponseCode::SUCCESS)
}

/// `CLEAN_UNUSED_TOPIC`. Nothing is left to clean: a deleted topic leaves no index behind.
/// `RESET_MASTER_FLUSH_OFFSET`: as in Java, a master has nothing to do.
/// `POP_ROLLBACK`, which exports pops to Java's older store of them: there is only one.
pub(super) async fn nothing_to_do() -> ResponseCode {
    ResponseCode::SUCCESS
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HaStatus {
    ha_connection_info: [(); 0],
    in_sync_slave_nums: i32,
    master: bool,
    master_commit_log_max_offset: u64,
}

/// `GET_BROKER_HA_STATUS`: a master without replicas.
pub(super) async fn ha_status(State(broker): State<Arc<BrokerState>>) -> Result<Body, BoxError> {
    answer(&HaStatus {
        ha_connection_info: [],
        in_sync_slave_nums: 0,
        master: true,
        master_commit_log_max_offset: broker.log.storage().log_bounds().end,
    })
}
