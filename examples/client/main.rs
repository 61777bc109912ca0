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
mod pull;

use clap::{Parser, Subcommand};
use rocketmq_tower::client::{Client, Producer, TopicRoutes};
use rocketmq_tower::message::Message;
use rocketmq_tower::{BoxError, RemotingCommand};
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
    /// Sends a message, and prints its broker, queue, offset and id as JSON.
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

/// Sends a message, and prints where it was stored.
async fn send(producer: &Producer, message: Message) -> Result<(), BoxError> {
    let sent = producer.send(message).await?;
    let line = json!({
        "topic": sent.queue.topic,
        "broker": sent.queue.broker_name,
        "queue": sent.queue.queue_id,
        "offset": sent.queue_offset,
        "id": sent.msg_id,
    });
    println!("{line}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let options = Options::parse();
    let client = options.client();
    let routes = TopicRoutes::new(client.name_servers(options.namesrv.split(';')));
    match &options.action {
        Action::Send { topic, body, group, tag } => {
            let producer = Producer::new(routes).group(group.as_str()).timeout(TIMEOUT);
            let mut message = Message::new(topic, body.clone());
            if let Some(tag) = tag {
                message = message.tag(tag);
            }
            send(&producer, message).await?;
        }
        Action::Pull { topic, queue, offset, max } => {
            pull::pull_topic(&client, &routes, topic, *queue, *offset, *max).await?;
        }
    }
    client.shutdown(TIMEOUT).await;
    Ok(())
}
