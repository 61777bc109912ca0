//! The options of `bench`.

use clap::{Args, Subcommand, value_parser};

#[derive(Args, Debug)]
pub(crate) struct BenchOptions {
    #[command(subcommand)]
    pub(crate) command: BenchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Send messages, each caller one at a time.
    Send {
        #[command(flatten)]
        load: LoadOptions,
        /// Bytes of a body.
        #[arg(long, value_name = "BYTES", default_value_t = 1024, value_parser = value_parser!(u32).range(1..=4 << 20))]
        size: u32,
    },
    /// Read the topic from its beginning, and again from there when its end is reached. Each caller reads
    /// some of the queues.
    Pull {
        #[command(flatten)]
        load: LoadOptions,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct LoadOptions {
    /// The topic.
    pub(crate) topic: String,
    /// The number of callers at a time.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) callers: u32,
    /// The maximum number of connections to each broker.
    #[arg(long, value_name = "N", default_value = "1", value_parser = connections)]
    pub(crate) connections: usize,
    /// How long to measure, in seconds.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// Measure this number of messages instead.
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = value_parser!(u64).range(1..))]
    pub(crate) messages: Option<u64>,
}

impl BenchOptions {
    pub(crate) fn load(&self) -> &LoadOptions {
        match &self.command {
            BenchCommand::Send { load, .. } | BenchCommand::Pull { load } => load,
        }
    }
}

fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1000) => Ok(number),
        _ => Err("expected a number from 1 to 1000".to_owned()),
    }
}
