//! The header of a send.

mod names;

use super::Properties;
use crate::clock::now_ms;
use crate::command::{ExtFields, HeaderError, RemotingCommand, RequestCode, read_field};
use names::{Names, SHORT};
use serde::Deserialize;

/// The header of a send, in any of its forms.
///
/// The fields of `SEND_MESSAGE` have words as names; those of `SEND_MESSAGE_V2` and
/// `SEND_BATCH_MESSAGE` have single letters. Old C++ clients and the Go client send the first form,
/// others the second. Values are read as leniently as those of
/// [typed headers](RemotingCommand::header): booleans may be `1` and `0`. Reading does not
/// allocate.
///
/// ```
/// use rocketmq_tower_core::message::{Properties, SendHeader};
/// use rocketmq_tower_core::{HeaderError, RequestCode};
///
/// let mut header = SendHeader::new("producers", "TopicTest", 3);
/// header.properties = Properties::new("TAGS\x01greetings\x02");
/// let request = header.request().with_body("hello");
/// assert_eq!(request.request_code(), RequestCode::SEND_MESSAGE_V2);
///
/// let header = SendHeader::read(&request)?;
/// assert_eq!((header.topic, header.queue_id), ("TopicTest", 3));
/// # Ok::<(), HeaderError>(())
/// ```
///
/// Exhaustive: the request's header has these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendHeader<'a> {
    /// The producer's group.
    pub producer_group: &'a str,
    /// The topic to send to.
    pub topic: &'a str,
    /// The topic whose settings are copied if `topic` does not exist yet.
    pub default_topic: &'a str,
    /// The maximum number of queues of a topic that is created this way.
    pub default_topic_queue_nums: i32,
    /// The queue to send to. Negative: the broker chooses one.
    pub queue_id: i32,
    /// System bits, see [`sys_flag`](super::sys_flag).
    pub sys_flag: i32,
    /// When the message was created, in milliseconds since 1970.
    pub born_timestamp: i64,
    /// A number for the application's own use.
    pub flag: i32,
    /// The message's properties, or those common to all messages of a batch. Empty if absent.
    pub properties: Properties<'a>,
    /// How often consumers have sent the message back. 0 if absent.
    pub reconsume_times: i32,
    /// Whether the sender belongs to a unit. False if absent.
    pub unit_mode: bool,
    /// Whether the body is a batch, see [`BatchedMessage`](super::BatchedMessage). False if absent.
    /// C++ clients send batches with the codes of single messages.
    pub batch: bool,
    /// The number of retries after which the message is moved to the dead-letter queue, if given.
    pub max_reconsume_times: Option<i32>,
    /// The name of the broker to send to, if given.
    pub broker_name: Option<&'a str>,
}

impl<'a> SendHeader<'a> {
    /// The topic whose settings clients use for topics that do not exist yet.
    pub const DEFAULT_TOPIC: &'static str = "TBW102";
    /// The maximum number of queues of topics that are created this way.
    pub const DEFAULT_TOPIC_QUEUE_NUMS: i32 = 4;

    /// Creates the header of a message that is created now. If the topic does not exist, it is
    /// created with at most [`DEFAULT_TOPIC_QUEUE_NUMS`](Self::DEFAULT_TOPIC_QUEUE_NUMS) queues.
    #[must_use]
    pub fn new(producer_group: &'a str, topic: &'a str, queue_id: i32) -> Self {
        Self {
            producer_group,
            topic,
            default_topic: Self::DEFAULT_TOPIC,
            default_topic_queue_nums: Self::DEFAULT_TOPIC_QUEUE_NUMS,
            queue_id,
            sys_flag: 0,
            born_timestamp: now_ms(),
            flag: 0,
            properties: Properties::default(),
            reconsume_times: 0,
            unit_mode: false,
            batch: false,
            max_reconsume_times: None,
            broker_name: None,
        }
    }

    /// Reads the header of a request. The field names of `SEND_MESSAGE` and `SEND_REPLY_MESSAGE`
    /// are words, those of all other codes are letters.
    ///
    /// # Errors
    /// If a field that Java requires is missing, or a field's text does not fit its type. The error
    /// names the field. A number or boolean with an empty text counts as missing.
    pub fn read(request: &'a RemotingCommand) -> Result<Self, HeaderError> {
        let names = Names::of(request.request_code());
        let fields = request.ext_fields();
        Ok(Self {
            producer_group: text(fields, names.producer_group)?,
            topic: text(fields, names.topic)?,
            default_topic: text(fields, names.default_topic)?,
            default_topic_queue_nums: required(fields, names.default_topic_queue_nums)?,
            queue_id: required(fields, names.queue_id)?,
            sys_flag: required(fields, names.sys_flag)?,
            born_timestamp: required(fields, names.born_timestamp)?,
            flag: required(fields, names.flag)?,
            properties: Properties::new(fields.get(names.properties).unwrap_or_default()),
            reconsume_times: read_field(fields, names.reconsume_times)?.unwrap_or_default(),
            unit_mode: read_field(fields, names.unit_mode)?.unwrap_or_default(),
            batch: read_field(fields, names.batch)?.unwrap_or_default(),
            max_reconsume_times: read_field(fields, names.max_reconsume_times)?,
            broker_name: fields.get(names.broker_name),
        })
    }

    /// Creates the request, without a body. Its code is `SEND_BATCH_MESSAGE` for a batch, else
    /// `SEND_MESSAGE_V2`.
    #[must_use]
    pub fn request(&self) -> RemotingCommand {
        let code =
            if self.batch { RequestCode::SEND_BATCH_MESSAGE } else { RequestCode::SEND_MESSAGE_V2 };
        let mut request = RemotingCommand::request(code);
        let fields = request.ext_fields_mut();
        let names = &SHORT;
        fields.insert(names.producer_group, self.producer_group);
        fields.insert(names.topic, self.topic);
        fields.insert(names.default_topic, self.default_topic);
        insert(fields, names.default_topic_queue_nums, self.default_topic_queue_nums);
        insert(fields, names.queue_id, self.queue_id);
        insert(fields, names.sys_flag, self.sys_flag);
        insert(fields, names.born_timestamp, self.born_timestamp);
        insert(fields, names.flag, self.flag);
        if !self.properties.as_str().is_empty() {
            fields.insert(names.properties, self.properties.as_str());
        }
        insert(fields, names.reconsume_times, self.reconsume_times);
        fields.insert(names.unit_mode, bool_text(self.unit_mode));
        if let Some(times) = self.max_reconsume_times {
            insert(fields, names.max_reconsume_times, times);
        }
        fields.insert(names.batch, bool_text(self.batch));
        if let Some(broker) = self.broker_name {
            fields.insert(names.broker_name, broker);
        }
        request
    }
}

fn missing(name: &str) -> HeaderError {
    HeaderError::Missing { field: name.to_owned() }
}

fn text<'a>(fields: &'a ExtFields, name: &'static str) -> Result<&'a str, HeaderError> {
    fields.get(name).ok_or_else(|| missing(name))
}

fn required<'a, T: Deserialize<'a>>(
    fields: &'a ExtFields,
    name: &'static str,
) -> Result<T, HeaderError> {
    read_field(fields, name)?.ok_or_else(|| missing(name))
}

fn insert(fields: &mut ExtFields, name: &str, number: impl itoa::Integer) {
    fields.insert(name, itoa::Buffer::new().format(number));
}

fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
