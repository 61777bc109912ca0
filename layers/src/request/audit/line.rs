use super::Event;
use rocketmq_tower_core::subject::Kind;
use serde::Serialize;

/// An event as a line of JSON.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Line<'a> {
    Request(Box<RequestLine<'a>>),
    Dropped { at: i64, dropped: u64 },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestLine<'a> {
    at: i64,
    micros: u64,
    user: Option<&'a str>,
    address: Option<String>,
    client: Option<&'a str>,
    action: &'static str,
    code: i32,
    request: Option<&'static str>,
    topics: Vec<&'a str>,
    groups: Vec<&'a str>,
    producer_groups: Vec<&'a str>,
    names_left_out: Option<usize>,
    is_malformed: Option<bool>,
    queue: Option<i32>,
    result: Option<i32>,
    response: Option<&'static str>,
}

impl<'a> Line<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        let record = match event {
            Event::Request(record) => record,
            Event::Dropped { count, at } => return Self::Dropped { at: *at, dropped: *count },
        };
        let names = |kind| record.names_of(kind).collect();
        Self::Request(Box::new(RequestLine {
            at: record.at,
            micros: u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
            user: record.user.as_deref(),
            address: record.address.as_ref().map(ToString::to_string),
            client: record.client.as_deref(),
            action: record.action.name(),
            code: record.code.as_i32(),
            request: record.code.name(),
            topics: names(Kind::Topic),
            groups: names(Kind::Group),
            producer_groups: names(Kind::ProducerGroup),
            names_left_out: (record.names_left_out > 0).then_some(record.names_left_out),
            is_malformed: record.is_malformed.then_some(true),
            queue: record.queue,
            result: record.result.map(|code| code.as_i32()),
            response: record.result.and_then(|code| code.name()),
        }))
    }
}
