//! The options of the commands for requests and messages.

use super::{Position, QueueName, duration};
use clap::Args;
use rocketmq_tower::{MqVersion, RequestCode};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args, Debug)]
pub(crate) struct CallOptions {
    /// Host and port of the server.
    pub(crate) addr: String,
    /// The request code: a number, or its name in RocketMQ.
    pub(crate) code: RequestCode,
    /// An ext field, as NAME=VALUE. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) field: Vec<(String, String)>,
    /// The request's body.
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// A file with the request's body; - is stdin.
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// Encode the header in binary instead of JSON.
    #[arg(long)]
    pub(crate) binary: bool,
    /// Send a oneway request, and do not wait for a response.
    #[arg(long)]
    pub(crate) oneway: bool,
    /// The version that the request claims to come from, as a number.
    #[arg(long = "version", value_name = "NUMBER", default_value_t = MqVersion::CURRENT.as_i32())]
    pub(crate) claimed_version: i32,
    /// The language that the request claims to come from.
    #[arg(long, value_name = "NAME", default_value = "RUST")]
    pub(crate) language: String,
}

#[derive(Args, Debug)]
pub(crate) struct SendOptions {
    /// The topic.
    pub(crate) topic: String,
    /// The body. Without it and without a file, each line of stdin is a message; empty lines are left out.
    #[arg(conflicts_with_all = ["body_file", "file"])]
    pub(crate) body: Option<String>,
    /// Send what is in this file as one message; - is stdin.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub(crate) body_file: Option<PathBuf>,
    /// Send each line of this file as a message; - is stdin. Empty lines are left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The tag.
    #[arg(long)]
    pub(crate) tag: Option<String>,
    /// A key to find the message by. May be repeated.
    #[arg(long)]
    pub(crate) key: Vec<String>,
    /// A property, as NAME=VALUE. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) property: Vec<(String, String)>,
    /// How often each message is sent.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) count: u64,
    /// The queue: its number, or BROKER:NUMBER. By default, queues take turns.
    #[arg(long)]
    pub(crate) queue: Option<QueueName>,
    /// Deliver the message after this time.
    #[arg(long, value_name = "DURATION", value_parser = duration::positive)]
    pub(crate) delay: Option<Duration>,
    /// Deliver the message after the time of this level: 1 is a second, 18 are two hours.
    #[arg(long, value_name = "LEVEL", conflicts_with = "delay")]
    pub(crate) delay_level: Option<u8>,
    /// The producer's group.
    #[arg(long, default_value = "rocketmq-tower")]
    pub(crate) group: String,
}

/// Which messages of a topic are read.
#[derive(Args, Clone, Debug)]
pub(crate) struct FilterOptions {
    /// Only messages with one of these tags, such as 'TagA || TagB'.
    #[arg(long, value_name = "TAGS", conflicts_with = "sql")]
    pub(crate) tag: Option<String>,
    /// Only messages that this SQL92 expression accepts, such as "color = 'red' AND size > 3".
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) sql: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct PullOptions {
    /// The topic.
    pub(crate) topic: String,
    /// The queue: its number, or BROKER:NUMBER. By default all, one after another.
    #[arg(long)]
    pub(crate) queue: Option<QueueName>,
    /// Where to start in each queue: begin, end, an offset, -N for the last N messages, a time such as
    /// 2026-01-31T12:00:00Z, or a duration, which is that long ago.
    #[arg(long, value_name = "POSITION", default_value = "begin", allow_negative_numbers = true)]
    pub(crate) from: Position,
    /// Maximum number of messages to print.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(crate) max: u64,
    #[command(flatten)]
    pub(crate) filter: FilterOptions,
}

#[derive(Args, Debug)]
pub(crate) struct TailOptions {
    /// The topic.
    pub(crate) topic: String,
    /// The queue: its number, or BROKER:NUMBER. By default all.
    #[arg(long)]
    pub(crate) queue: Option<QueueName>,
    /// Where to start in each queue: begin, end, an offset, -N for the last N messages, a time such as
    /// 2026-01-31T12:00:00Z, or a duration, which is that long ago.
    #[arg(long, value_name = "POSITION", default_value = "end", allow_negative_numbers = true)]
    pub(crate) from: Position,
    /// End after this number of messages.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,
    #[command(flatten)]
    pub(crate) filter: FilterOptions,
}

/// Reads `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
