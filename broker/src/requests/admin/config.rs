//! `GET_BROKER_CONFIG` and `UPDATE_BROKER_CONFIG`.

use crate::Flush;
use crate::config::StoreConfig;
use crate::properties_text::{read, unchangeable, write};
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::protocol::{DataVersion, json, perm};
use rocketmq_tower::{Body, BoxError, RemotingCommand, ResponseCode, State};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The names of the settings that can be changed.
const RETENTION: &str = "fileReservedTime";
const PERMISSION: &str = "brokerPermission";

/// The maximum of the time for which messages are kept, in hours: about 100 years.
const MAX_HOURS: u64 = 1_000_000;

/// `GET_BROKER_CONFIG`: the options of the broker, by Java's names.
pub(super) async fn get(
    State(broker): State<Arc<BrokerState>>,
) -> Result<RemotingCommand, BoxError> {
    let version = DataVersion {
        counter: i64::try_from(broker.settings.changes()).unwrap_or(i64::MAX),
        state_version: 0,
        timestamp: broker.statistics.started,
    };
    let version = String::from_utf8(json::to_bytes(&version)?.to_vec())?;
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    Ok(response.with_ext_field("version", &version).with_body(write(&values(&broker))))
}

/// Returns the options of the broker, by Java's names.
pub(crate) fn values(broker: &BrokerState) -> BTreeMap<&'static str, String> {
    let (identity, settings) = (&broker.identity, &broker.settings);
    let options = &settings.options;
    let (host, port) = identity.address.rsplit_once(':').unwrap_or((&identity.address, "0"));
    let flush = match (&options.store, options.flush) {
        (StoreConfig::Folder(_), Flush::Sync) => "SYNC_FLUSH",
        _ => "ASYNC_FLUSH",
    };
    let checks = options.transaction_checks;
    let values = [
        ("brokerName", identity.name.clone()),
        ("brokerClusterName", identity.cluster.clone()),
        ("brokerId", "0".into()),
        ("brokerRole", "ASYNC_MASTER".into()),
        ("brokerIP1", host.to_owned()),
        ("listenPort", port.to_owned()),
        (PERMISSION, settings.permission().to_string()),
        (RETENTION, (settings.retention().as_secs() / 3600).to_string()),
        ("autoCreateTopicEnable", "true".into()),
        ("autoCreateSubscriptionGroup", "true".into()),
        ("defaultTopicQueueNums", crate::topics::DEFAULT_QUEUES.to_string()),
        ("deleteWhen", "00-23".into()),
        ("flushDiskType", flush.into()),
        ("mappedFileSizeCommitLog", options.segment_size.to_string()),
        ("maxMessageSize", (4 * 1024 * 1024).to_string()),
        ("storePathRootDir", settings.folder()),
        ("transactionTimeOut", checks.first.as_millis().to_string()),
        ("transactionCheckInterval", checks.interval.as_millis().to_string()),
        ("transactionCheckMax", "15".into()),
        ("traceTopicEnable", "true".into()),
        ("longPollingEnable", "true".into()),
        ("useServerSideResetOffset", "true".into()),
        ("slaveReadEnable", "false".into()),
        ("sendThreadPoolQueueCapacity", options.max_sends.to_string()),
    ];
    values.into_iter().collect()
}

/// A change that is possible.
enum Change {
    Retention(Duration),
    Permission(i32),
}

/// `UPDATE_BROKER_CONFIG`. All changes are checked before the first one is made.
pub(super) async fn update(
    State(broker): State<Arc<BrokerState>>,
    Body(body): Body,
) -> Result<ResponseCode, BoxError> {
    let known = values(&broker);
    let mut changes = Vec::new();
    for (name, value) in read(&body)? {
        match name {
            _ if known.get(name).is_some_and(|known| known == value) => {}
            RETENTION => changes.push(Change::Retention(hours(value)?)),
            PERMISSION => changes.push(Change::Permission(permission(value)?)),
            _ => return Err(unchangeable(name)),
        }
    }
    for change in changes {
        match change {
            Change::Retention(age) => broker.settings.set_retention(age),
            Change::Permission(permission) => broker.settings.set_permission(permission),
        }
    }
    tracing::info!(
        permission = broker.settings.permission(),
        retention = ?broker.settings.retention(),
        "the configuration"
    );
    Ok(ResponseCode::SUCCESS)
}

fn hours(value: &str) -> Result<Duration, BoxError> {
    let hours = value.parse().ok().filter(|hours| (1..=MAX_HOURS).contains(hours));
    let hours: u64 = hours.ok_or_else(|| {
        let text = format!("{RETENTION} is a number of hours from 1 to {MAX_HOURS}, not {value}");
        refuse(ResponseCode::INVALID_PARAMETER, text)
    })?;
    Ok(Duration::from_secs(hours * 3600))
}

fn permission(value: &str) -> Result<i32, BoxError> {
    let all = perm::READ | perm::WRITE;
    value.parse().ok().filter(|permission| permission & !all == 0).ok_or_else(|| {
        let text = format!("{PERMISSION} is 0, 2 (write), 4 (read) or 6 (both), not {value}");
        refuse(ResponseCode::INVALID_PARAMETER, text)
    })
}
