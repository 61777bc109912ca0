//! The header of a send.

mod names;

use super::Properties;
use crate::command::{ExtFields, HeaderError, RemotingCommand, RequestCode, read_field};
use names::{Names, SHORT};
use serde::Deserialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// The header of a send, in whichever of its forms.
///
/// `SEND_MESSAGE` names its fields in words; `SEND_MESSAGE_V2` and `SEND_BATCH_MESSAGE` give each
/// one letter. All clients send one or the other: older ones in C++, and Go's, the first. Values are
/// read as leniently as those of [typed headers](RemotingCommand::header): booleans may be `1` and
/// `0`. Reading allocates nothing.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendHeader<'a> {
    /// The producer's group.
    pub producer_group: &'a str,
    /// The topic to send to.
    pub topic: &'a str,
    /// The topic whose settings a topic gets that is not there yet.
    pub default_topic: &'a str,
    /// How many queues such a topic gets, at most.
    pub default_topic_queue_nums: i32,
    /// The queue to send to; negative, if the broker is to choose.
    pub queue_id: i32,
    /// Bits of the system's, see [`sys_flag`](super::sys_flag).
    pub sys_flag: i32,
    /// When the message was made, in milliseconds since 1970.
    pub born_timestamp: i64,
    /// A number of the application's.
    pub flag: i32,
    /// The message's properties; of a batch, what holds for all of it. None if absent.
    pub properties: Properties<'a>,
    /// How often consumers have sent it back; 0 if absent.
    pub reconsume_times: i32,
    /// Whether the sender belongs to a unit; no if absent.
    pub unit_mode: bool,
    /// Whether the body is a batch, see [`BatchedMessage`](super::BatchedMessage); no if absent. C++
    /// clients send batches with the codes of single messages.
    pub batch: bool,
    /// After how many retries it is given up, if the sender says so.
    pub max_reconsume_times: Option<i32>,
    /// The broker that is meant, if the sender says so.
    pub broker_name: Option<&'a str>,
}

impl<'a> SendHeader<'a> {
    /// The topic whose settings clients give to topics that are not there yet.
    pub const DEFAULT_TOPIC: &'static str = "TBW102";
    /// How many queues such topics get, at most.
    pub const DEFAULT_TOPIC_QUEUE_NUMS: i32 = 4;

    /// A message of now; a topic that is not there becomes one of up to
    /// [`DEFAULT_TOPIC_QUEUE_NUMS`](Self::DEFAULT_TOPIC_QUEUE_NUMS) queues.
    #[must_use]
    pub fn new(producer_group: &'a str, topic: &'a str, queue_id: i32) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Self {
            producer_group,
            topic,
            default_topic: Self::DEFAULT_TOPIC,
            default_topic_queue_nums: Self::DEFAULT_TOPIC_QUEUE_NUMS,
            queue_id,
            sys_flag: 0,
            born_timestamp: now.try_into().unwrap_or(i64::MAX),
            flag: 0,
            properties: Properties::default(),
            reconsume_times: 0,
            unit_mode: false,
            batch: false,
            max_reconsume_times: None,
            broker_name: None,
        }
    }

    /// Reads it from a request. `SEND_MESSAGE` and `SEND_REPLY_MESSAGE` have names in words, all
    /// other codes have letters.
    ///
    /// # Errors
    /// If a field that Java requires is missing, or its text does not fit its type. The error names
    /// the field. A number or boolean without any text counts as missing.
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

    /// The request, without a body: `SEND_BATCH_MESSAGE` if it is a batch, else `SEND_MESSAGE_V2`.
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
