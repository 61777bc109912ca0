//! `END_TRANSACTION`: commits or rolls back a message that was sent in a transaction.

use crate::log::{CommitLogOffset, LogWrite};
use crate::messages;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::message::{StoredMessage, property, sys_flag};
use rocketmq_tower::protocol::EndTransactionRequestHeader;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let header: EndTransactionRequestHeader<&str> = request.header()?;
    match header.commit_or_rollback {
        sys_flag::COMMIT | sys_flag::ROLLBACK => {}
        // The outcome is unknown: the producer will be asked again.
        _ => return Ok(ResponseCode::SUCCESS),
    }
    let unknown = || {
        let text = format!("no transaction is open at the offset {}", header.commit_log_offset);
        refuse(ResponseCode::SYSTEM_ERROR, text)
    };
    let offset = CommitLogOffset::from_i64(header.commit_log_offset).ok_or_else(unknown)?;
    if !broker.transactions.is_open(offset) {
        return Err(unknown());
    }
    let record = broker.log.record(offset).await?;
    let record = record.ok_or("the message of the transaction is missing in the store")?;
    let write = outcome(&broker, &header, StoredMessage::decode(&record)?.0)?;
    // Not before all is checked: meanwhile, its owner would be told that it is not open.
    let open = broker.transactions.take(offset).ok_or_else(unknown)?;
    let written = broker.log.write(write.and_delete(StorageTable::Prepared, offset.key())).await;
    if written.is_err() {
        broker.transactions.put_back(offset, open);
    }
    written?;
    Ok(ResponseCode::SUCCESS)
}

/// Returns the write that delivers the message of the transaction, or nothing. Fails if the request is
/// not from the transaction's owner.
fn outcome(
    broker: &BrokerState,
    header: &EndTransactionRequestHeader<&str>,
    half: StoredMessage<'_>,
) -> Result<LogWrite, BoxError> {
    if half.properties.get(property::PGROUP).is_some_and(|group| group != header.producer_group) {
        let text =
            format!("the transaction does not belong to the group {}", header.producer_group);
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    if half.queue_offset != header.tran_state_table_offset {
        let text = format!("the transaction is at the table offset {}", half.queue_offset);
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    if header.commit_or_rollback != sys_flag::COMMIT {
        return Ok(LogWrite::rows(StorageBatch::default()));
    }
    let (topic, queue_id) = messages::destination(&half)?;
    let topic = broker.topics.find(topic)?;
    let whole = StoredMessage {
        queue_id,
        sys_flag: half.sys_flag | sys_flag::COMMIT,
        prepared_transaction_offset: half.commit_log_offset,
        ..half
    };
    Ok(LogWrite::message(messages::released(&topic, whole, &[property::TRAN_MSG])?))
}
