//! Names of properties that mean something to clients and brokers, as in Java's `MessageConst`.

/// The tags, `||` between several in a subscription.
pub const TAGS: &str = "TAGS";
/// The keys to find the message by, with blanks between them.
pub const KEYS: &str = "KEYS";
/// Whether the producer waits until the message is safe (`true` or `false`).
pub const WAIT: &str = "WAIT";
/// The level of delay, from 1.
pub const DELAY: &str = "DELAY";
/// The id that the client gave the message.
pub const UNIQ_KEY: &str = "UNIQ_KEY";
/// The type of the message.
pub const MSG_TYPE: &str = "MSG_TYPE";
/// What decides which queue an ordered message goes to.
pub const SHARDING_KEY: &str = "__SHARDINGKEY";
/// The instance (name space) of a cloud service.
pub const INSTANCE_ID: &str = "INSTANCE_ID";

/// The topic that a retried message came from.
pub const RETRY_TOPIC: &str = "RETRY_TOPIC";
/// The id of the first copy of a retried message.
pub const ORIGIN_MESSAGE_ID: &str = "ORIGIN_MESSAGE_ID";
/// How often it was retried, in a message that a client sends back by itself.
pub const RECONSUME_TIME: &str = "RECONSUME_TIME";
/// After how many retries it is given up.
pub const MAX_RECONSUME_TIMES: &str = "MAX_RECONSUME_TIMES";
/// When its consumption began, in milliseconds since 1970.
pub const CONSUME_START_TIME: &str = "CONSUME_START_TIME";
/// The topic that a message given up came from.
pub const DLQ_ORIGIN_TOPIC: &str = "DLQ_ORIGIN_TOPIC";
/// The id of a message given up.
pub const DLQ_ORIGIN_MESSAGE_ID: &str = "DLQ_ORIGIN_MESSAGE_ID";

/// Where a message that is kept elsewhere for now belongs: the topic.
pub const REAL_TOPIC: &str = "REAL_TOPIC";
/// Where a message that is kept elsewhere for now belongs: the queue.
pub const REAL_QID: &str = "REAL_QID";

/// `true` marks the first half of a transaction (Java: `TRANSACTION_PREPARED`).
pub const TRAN_MSG: &str = "TRAN_MSG";
/// The producer's group, which is asked about the transaction (Java: `PRODUCER_GROUP`).
pub const PGROUP: &str = "PGROUP";
/// The transaction's id, if it is not [`UNIQ_KEY`].
pub const TRANSACTION_ID: &str = "__transactionId__";
/// How often the producers were asked.
pub const TRANSACTION_CHECK_TIMES: &str = "TRANSACTION_CHECK_TIMES";
/// For so long they are not asked.
pub const CHECK_IMMUNITY_TIME_IN_SECONDS: &str = "CHECK_IMMUNITY_TIME_IN_SECONDS";
/// Where the first half was, in its queue.
pub const TRAN_PREPARED_QUEUE_OFFSET: &str = "TRAN_PREPARED_QUEUE_OFFSET";

/// The smallest offset of the queue; consumers set it.
pub const MIN_OFFSET: &str = "MIN_OFFSET";
/// The largest offset of the queue; consumers set it.
pub const MAX_OFFSET: &str = "MAX_OFFSET";
/// The broker's region.
pub const MSG_REGION: &str = "MSG_REGION";
/// Whether the message is to be traced.
pub const TRACE_ON: &str = "TRACE_ON";
/// What a trace goes on from.
pub const TRACE_CONTEXT: &str = "TRACE_CONTEXT";
/// The broker's cluster.
pub const CLUSTER: &str = "CLUSTER";
/// The sender's address, where a proxy stands between.
pub const BORN_HOST: &str = "__BORNHOST";
/// When it was made, where a proxy stands between.
pub const BORN_TIMESTAMP: &str = "BORN_TIMESTAMP";

/// Delivered so many seconds later.
pub const TIMER_DELAY_SEC: &str = "TIMER_DELAY_SEC";
/// Delivered so many milliseconds later.
pub const TIMER_DELAY_MS: &str = "TIMER_DELAY_MS";
/// Delivered then, in milliseconds since 1970.
pub const TIMER_DELIVER_MS: &str = "TIMER_DELIVER_MS";
/// When a timer's message is due; brokers set it.
pub const TIMER_OUT_MS: &str = "TIMER_OUT_MS";
/// The [`UNIQ_KEY`] of a timer's message that is not to be delivered.
pub const TIMER_DEL_UNIQKEY: &str = "TIMER_DEL_UNIQKEY";

/// What ties a reply to its request.
pub const CORRELATION_ID: &str = "CORRELATION_ID";
/// The client that waits for the reply.
pub const REPLY_TO_CLIENT: &str = "REPLY_TO_CLIENT";
/// For so many milliseconds it waits.
pub const TTL: &str = "TTL";
/// When the reply came to the broker.
pub const ARRIVE_TIME: &str = "ARRIVE_TIME";
/// When the broker passed the reply on.
pub const PUSH_REPLY_TIME: &str = "PUSH_REPLY_TIME";

/// How many messages a batch holds that is stored as one.
pub const INNER_NUM: &str = "INNER_NUM";
/// The receipt of a popped message.
pub const POP_CK: &str = "POP_CK";
/// When it was popped first.
pub const FIRST_POP_TIME: &str = "1ST_POP_TIME";
