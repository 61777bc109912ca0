//! Asks producers for the outcome of their open transactions.

use crate::log::{CommitLogOffset, LogWrite, Visibility};
use crate::messages;
use crate::state::BrokerState;
use crate::storage::{StorageBatch, StorageTable};
use crate::topics::names;
use crate::transactions::DueCheck;
use bytes::BytesMut;
use rocketmq_tower::message::{PropertiesBuf, StoredMessage, property};
use rocketmq_tower::protocol::CheckTransactionStateRequestHeader;
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode};
use std::time::Duration;

/// The time between two searches for transactions that are due.
const EVERY: Duration = Duration::from_millis(500);

/// Checks transactions, in a loop.
pub(crate) async fn run(broker: &BrokerState) {
    loop {
        broker.clock.sleep(EVERY).await;
        for due in broker.transactions.due(broker.clock.now_ms()) {
            let done = match due {
                DueCheck::Ask(offset) => ask(broker, offset).await,
                DueCheck::GiveUp(offset) => give_up(broker, offset).await,
            };
            if let Err(error) = done {
                tracing::warn!(
                    error = &*error as &dyn std::error::Error,
                    "a transaction stays open"
                );
            }
        }
    }
}

/// Asks one producer of the group. The request has the message as consumers would get it.
async fn ask(broker: &BrokerState, offset: CommitLogOffset) -> Result<(), BoxError> {
    let record = broker.log.record(offset).await?;
    let record = record.ok_or("the message of the transaction is missing in the store")?;
    let (half, _) = StoredMessage::decode(&record)?;
    let group = half.properties.get(property::PGROUP).ok_or("a transaction without a producer")?;
    let Some(producer) = broker.clients.any_producer(group, broker.turn()) else {
        return Err(format!("no producer of the group {group} is connected").into());
    };
    let (topic, queue_id) = messages::destination(&half)?;
    let mut properties = PropertiesBuf::from(half.properties);
    properties.remove(property::REAL_TOPIC);
    properties.remove(property::REAL_QID);
    let id = half.properties.get(property::UNIQ_KEY);
    let header = CheckTransactionStateRequestHeader {
        tran_state_table_offset: half.queue_offset,
        commit_log_offset: half.commit_log_offset,
        msg_id: id,
        transaction_id: id,
        offset_msg_id: Some(&broker.message_id(half.commit_log_offset).to_string()),
        ..Default::default()
    };
    let message = StoredMessage { topic, queue_id, properties: properties.as_properties(), ..half };
    let mut body = BytesMut::with_capacity(message.encoded_len());
    message.encode(&mut body)?;
    let question =
        RemotingCommand::request(RequestCode::CHECK_TRANSACTION_STATE).with_header(&header)?;
    producer.try_invoke_oneway(question.with_body(body))?;
    Ok(())
}

/// Moves the message of a transaction that no producer has ended to a topic of its own, as it is
/// stored. Consumers of its topic never get it; an operator may look at it.
async fn give_up(broker: &BrokerState, offset: CommitLogOffset) -> Result<(), BoxError> {
    let record = broker.log.record(offset).await?;
    let moved = match &record {
        Some(record) => {
            let topic = broker.topics.find(names::GIVEN_UP)?;
            let half = StoredMessage { queue_id: 0, ..StoredMessage::decode(record)?.0 };
            let given_up = StoredMessage { topic: &topic.name, ..half };
            LogWrite::message(messages::entry(&topic, &given_up, Visibility::Visible)?)
        }
        // Without a message, there is nothing to keep.
        None => LogWrite::rows(StorageBatch::default()),
    };
    if let Some(open) = broker.transactions.take(offset) {
        let moved = moved.and_delete(StorageTable::Prepared, offset.key());
        if let Err(error) = broker.log.write(moved).await {
            // Moved later: as long as its row is there, the log is kept from it on.
            broker.transactions.put_back(offset, open);
            return Err(error.into());
        }
        tracing::warn!(
            offset = offset.as_i64(),
            topic = names::GIVEN_UP,
            "a transaction was given up, as no producer has ended it"
        );
    }
    Ok(())
}
