//! Names of the properties that clients and brokers interpret, as in Java's `MessageConst`.
//!
//! Timestamps are in milliseconds since 1970.

/// The message's tag. A subscription joins several tags by `||`.
pub const TAGS: &str = "TAGS";
/// The keys to find the message by, separated by blanks.
pub const KEYS: &str = "KEYS";
/// Whether the producer waits until the message is stored safely (`true` or `false`).
pub const WAIT: &str = "WAIT";
/// The delay level, from 1.
pub const DELAY: &str = "DELAY";
/// The id that the client assigned to the message.
pub const UNIQ_KEY: &str = "UNIQ_KEY";
/// The type of the message.
pub const MSG_TYPE: &str = "MSG_TYPE";
/// The key that selects the queue of an ordered message.
pub const SHARDING_KEY: &str = "__SHARDINGKEY";
/// The instance (namespace) of a cloud service.
pub const INSTANCE_ID: &str = "INSTANCE_ID";

/// The topic that a retried message came from.
pub const RETRY_TOPIC: &str = "RETRY_TOPIC";
/// The id of the first copy of a retried message.
pub const ORIGIN_MESSAGE_ID: &str = "ORIGIN_MESSAGE_ID";
/// The number of retries so far, in a message that a client sends back itself.
pub const RECONSUME_TIME: &str = "RECONSUME_TIME";
/// The number of retries after which the message is moved to the dead-letter queue.
pub const MAX_RECONSUME_TIMES: &str = "MAX_RECONSUME_TIMES";
/// When its consumption began.
pub const CONSUME_START_TIME: &str = "CONSUME_START_TIME";
/// The topic that a dead-lettered message came from.
pub const DLQ_ORIGIN_TOPIC: &str = "DLQ_ORIGIN_TOPIC";
/// The original id of a dead-lettered message.
pub const DLQ_ORIGIN_MESSAGE_ID: &str = "DLQ_ORIGIN_MESSAGE_ID";

/// The real topic of a message that is temporarily stored in another one.
pub const REAL_TOPIC: &str = "REAL_TOPIC";
/// The real queue of a message that is temporarily stored in another one.
pub const REAL_QID: &str = "REAL_QID";

/// `true` marks the first half of a transaction (Java: `TRANSACTION_PREPARED`).
pub const TRAN_MSG: &str = "TRAN_MSG";
/// The producer group that the broker asks about the transaction (Java: `PRODUCER_GROUP`).
pub const PGROUP: &str = "PGROUP";
/// The transaction's id, if it is not [`UNIQ_KEY`].
pub const TRANSACTION_ID: &str = "__transactionId__";
/// How often the broker has asked the producers about the transaction.
pub const TRANSACTION_CHECK_TIMES: &str = "TRANSACTION_CHECK_TIMES";
/// The time in seconds before the broker asks the producers for the first time.
pub const CHECK_IMMUNITY_TIME_IN_SECONDS: &str = "CHECK_IMMUNITY_TIME_IN_SECONDS";
/// The queue offset of the transaction's first half.
pub const TRAN_PREPARED_QUEUE_OFFSET: &str = "TRAN_PREPARED_QUEUE_OFFSET";

/// The smallest offset of the queue; consumers set it.
pub const MIN_OFFSET: &str = "MIN_OFFSET";
/// The largest offset of the queue; consumers set it.
pub const MAX_OFFSET: &str = "MAX_OFFSET";
/// The broker's region.
pub const MSG_REGION: &str = "MSG_REGION";
/// Whether the message is to be traced.
pub const TRACE_ON: &str = "TRACE_ON";
/// The context that a trace continues from.
pub const TRACE_CONTEXT: &str = "TRACE_CONTEXT";
/// The broker's cluster.
pub const CLUSTER: &str = "CLUSTER";
/// The sender's address, if the message came through a proxy.
pub const BORN_HOST: &str = "__BORNHOST";
/// When the message was created, if it came through a proxy.
pub const BORN_TIMESTAMP: &str = "BORN_TIMESTAMP";

/// Delay of the delivery in seconds.
pub const TIMER_DELAY_SEC: &str = "TIMER_DELAY_SEC";
/// Delay of the delivery in milliseconds.
pub const TIMER_DELAY_MS: &str = "TIMER_DELAY_MS";
/// When to deliver the message.
pub const TIMER_DELIVER_MS: &str = "TIMER_DELIVER_MS";
/// When a timer message is due; brokers set it.
pub const TIMER_OUT_MS: &str = "TIMER_OUT_MS";
/// The [`UNIQ_KEY`] of a timer message to cancel.
pub const TIMER_DEL_UNIQKEY: &str = "TIMER_DEL_UNIQKEY";

/// The id that matches a reply to its request.
pub const CORRELATION_ID: &str = "CORRELATION_ID";
/// The client that waits for the reply.
pub const REPLY_TO_CLIENT: &str = "REPLY_TO_CLIENT";
/// How long the client waits for the reply, in milliseconds.
pub const TTL: &str = "TTL";
/// When the reply arrived at the broker.
pub const ARRIVE_TIME: &str = "ARRIVE_TIME";
/// When the broker forwarded the reply.
pub const PUSH_REPLY_TIME: &str = "PUSH_REPLY_TIME";

/// The number of messages in a batch that is stored as one message.
pub const INNER_NUM: &str = "INNER_NUM";
/// The receipt handle of a popped message.
pub const POP_CK: &str = "POP_CK";
/// When the message was first popped.
pub const FIRST_POP_TIME: &str = "1ST_POP_TIME";
/// The group that popped the message before, if it was not acknowledged.
pub const ORIGIN_GROUP: &str = "ORIGIN_GROUP";
/// The light queues that the message also goes to, separated by commas.
pub const INNER_MULTI_DISPATCH: &str = "INNER_MULTI_DISPATCH";
