//! The options of `topics`.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TopicsOptions {
    /// The topic whose queues are shown. Without it, all topics are listed.
    pub(crate) name: Option<String>,
    /// List also the topics of the system, of retries and of dead letters.
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    #[command(subcommand)]
    pub(crate) command: Option<TopicsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TopicsCommand {
    /// Create a topic on each broker of the cluster, or change its number of queues.
    Create(CreateOptions),
    /// Delete a topic, its messages and its offsets.
    Delete(DeleteOptions),
}

#[derive(Args, Debug)]
pub(crate) struct CreateOptions {
    /// The topic.
    pub(crate) name: String,
    /// The number of queues on each broker.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) queues: i32,
    /// The cluster, if there are several.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// The only broker of it to create the topic on.
    #[arg(long, value_name = "NAME")]
    pub(crate) broker: Option<String>,
    /// The kind of messages that the topic takes. By default all.
    #[arg(long, value_name = "TYPE")]
    pub(crate) message_type: Option<MessageType>,
}

#[derive(Args, Debug)]
pub(crate) struct DeleteOptions {
    /// The topic.
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum MessageType {
    /// Neither ordered, nor delayed, nor in a transaction.
    Normal,
    /// In order.
    Fifo,
    /// Delayed.
    Delay,
    /// In transactions.
    Transaction,
}

impl MessageType {
    /// Returns the value of the attribute `message.type`.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Fifo => "FIFO",
            Self::Delay => "DELAY",
            Self::Transaction => "TRANSACTION",
        }
    }
}
