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
    let open = broker.transactions.take(offset).ok_or_else(unknown)?;
    let ended = end_transaction(&broker, &header, offset).await;
    if ended.is_err() {
        broker.transactions.put_back(offset, open);
    }
    ended.map(|()| ResponseCode::SUCCESS)
}

async fn end_transaction(
    broker: &BrokerState,
    header: &EndTransactionRequestHeader<&str>,
    offset: CommitLogOffset,
) -> Result<(), BoxError> {
    let record = broker.log.record(offset).await?;
    let record = record.ok_or("the message of the transaction is missing in the store")?;
    let (half, _) = StoredMessage::decode(&record)?;
    if half.properties.get(property::PGROUP).is_some_and(|group| group != header.producer_group) {
        let text =
            format!("the transaction does not belong to the group {}", header.producer_group);
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    if half.queue_offset != header.tran_state_table_offset {
        let text = format!("the transaction is at the table offset {}", half.queue_offset);
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    let write = if header.commit_or_rollback == sys_flag::COMMIT {
        let (topic, queue_id) = messages::destination(&half)?;
        let topic = broker.topics.find(topic)?;
        let whole = StoredMessage {
            queue_id,
            sys_flag: half.sys_flag | sys_flag::COMMIT,
            prepared_transaction_offset: half.commit_log_offset,
            ..half
        };
        LogWrite::message(messages::released(&topic, whole, &[property::TRAN_MSG])?)
    } else {
        LogWrite::rows(StorageBatch::default())
    };
    broker.log.write(write.and_delete(StorageTable::Prepared, offset.key())).await?;
    Ok(())
}
