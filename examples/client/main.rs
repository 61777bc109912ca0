//! Sends messages to RocketMQ, and pulls messages. A name server tells the addresses of the
//! brokers.
//!
//! ```sh
//! cargo run --release --example client -- 127.0.0.1:9876 send TopicTest hello --tag greetings
//! cargo run --release --example client -- 127.0.0.1:9876 pull TopicTest
//! ```
//!
//! With `--features acl` it signs its requests: `--access-key KEY --secret-key KEY`.

mod message;
mod route;

use clap::{Parser, Subcommand};
use rocketmq_tower::client::Client;
use rocketmq_tower::message::{PropertiesBuf, SendHeader, StoredMessage, property};
use rocketmq_tower::protocol::{
    PullMessageRequestHeader, PullMessageResponseHeader, SendMessageResponseHeader,
    SubscriptionData, pull_sys_flag,
};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode};
use serde_json::json;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Parser)]
struct Options {
    /// Host and port of the name server; several are separated by `;`.
    namesrv: String,
    #[command(subcommand)]
    action: Action,
    #[cfg(feature = "acl")]
    #[command(flatten)]
    keys: Keys,
}

#[derive(Subcommand)]
enum Action {
    /// Sends a message, and prints its queue, offset and id as JSON.
    Send {
        topic: String,
        body: String,
        /// The producer's group.
        #[arg(long, default_value = "client-example")]
        group: String,
        /// The message's tag.
        #[arg(long)]
        tag: Option<String>,
    },
    /// Pulls messages, and prints each as one line of JSON.
    Pull {
        topic: String,
        /// The queue to read. Default: all queues.
        #[arg(long)]
        queue: Option<i32>,
        /// The offset to start from, in each queue.
        #[arg(long, default_value_t = 0)]
        offset: i64,
        /// Maximum number of messages to print.
        #[arg(long, default_value_t = 32)]
        max: usize,
    },
}

#[cfg(feature = "acl")]
#[derive(clap::Args)]
struct Keys {
    /// The access key, which identifies the secret key.
    #[arg(long, global = true, requires = "secret_key")]
    access_key: Option<String>,
    /// The secret key that requests are signed with.
    #[arg(long, global = true, requires = "access_key")]
    secret_key: Option<String>,
}

impl Options {
    #[cfg(feature = "acl")]
    fn client(&self) -> Client {
        use rocketmq_tower::layers::acl::{Credentials, SignHook};
        match (&self.keys.access_key, &self.keys.secret_key) {
            (Some(access_key), Some(secret_key)) => {
                let hook = SignHook::new(Credentials::new(access_key, secret_key));
                Client::builder().hook(hook).build()
            }
            _ => Client::new(),
        }
    }

    #[cfg(not(feature = "acl"))]
    fn client(&self) -> Client {
        Client::new()
    }
}

/// Converts a response that is not `SUCCESS` into an error.
fn refusal(answer: &RemotingCommand) -> BoxError {
    format!("{}: {}", answer.response_code(), answer.remark().unwrap_or_default()).into()
}

async fn send(
    client: &Client,
    broker: &str,
    message: &SendHeader<'_>,
    body: &str,
) -> Result<(), BoxError> {
    let request = message.request().with_body(body.to_owned());
    let answer = client.invoke(broker, request, TIMEOUT).await?;
    if answer.response_code() != ResponseCode::SUCCESS {
        return Err(refusal(&answer));
    }
    let sent: SendMessageResponseHeader<&str> = answer.header()?;
    let (topic, queue, offset) = (message.topic, sent.queue_id, sent.queue_offset);
    println!("{}", json!({"topic": topic, "queue": queue, "offset": offset, "id": sent.msg_id}));
    Ok(())
}

/// Prints at most `max` messages of a queue. Returns the number printed.
async fn pull(
    client: &Client,
    broker: &str,
    mut header: PullMessageRequestHeader<&str>,
    max: usize,
) -> Result<usize, BoxError> {
    let mut printed = 0;
    while printed < max {
        header.max_msg_nums = (max - printed).min(32) as i32;
        let request = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header)?;
        let answer = client.invoke(broker, request, TIMEOUT).await?;
        match answer.response_code() {
            ResponseCode::SUCCESS => {
                for message in StoredMessage::decode_all(answer.body()).take(max - printed) {
                    println!("{}", message::to_json(&message?));
                    printed += 1;
                }
            }
            // No message at this offset: the response names the next offset to try.
            ResponseCode::PULL_RETRY_IMMEDIATELY | ResponseCode::PULL_OFFSET_MOVED => {}
            ResponseCode::PULL_NOT_FOUND => break,
            _ => return Err(refusal(&answer)),
        }
        header.queue_offset = answer.header::<PullMessageResponseHeader>()?.next_begin_offset;
    }
    Ok(printed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let options = Options::parse();
    let client = options.client();
    let names = client.name_servers(options.namesrv.split(';'));
    match &options.action {
        Action::Send { topic, body, group, tag } => {
            let queue = route::to_write(&names, topic).await?;
            let mut properties = PropertiesBuf::new();
            if let Some(tag) = tag {
                properties.set(property::TAGS, tag);
            }
            let mut message = SendHeader::new(group, topic, queue.id);
            message.properties = properties.as_properties();
            send(&client, &queue.broker, &message, body).await?;
        }
        Action::Pull { topic, queue, offset, max } => {
            let mut queues = route::to_read(&names, topic).await?;
            queues.retain(|of| queue.is_none_or(|queue| queue == of.id));
            if queues.is_empty() {
                return Err("no master has a matching queue of the topic that can be read".into());
            }
            let mut left = *max;
            for of in queues {
                let header = PullMessageRequestHeader {
                    // Exists on every broker.
                    consumer_group: "TOOLS_CONSUMER",
                    topic,
                    queue_id: of.id,
                    queue_offset: *offset,
                    // Without the other flags, the broker neither waits for messages nor commits an offset.
                    sys_flag: pull_sys_flag::SUBSCRIPTION,
                    subscription: Some(SubscriptionData::ALL),
                    ..Default::default()
                };
                left -= pull(&client, &of.broker, header, left).await?;
            }
        }
    }
    client.shutdown(TIMEOUT).await;
    Ok(())
}
