//! The command line.

mod bench;
mod duration;
mod groups;
mod messages;
mod position;
mod queue;
mod topics;

pub(crate) use bench::{BenchCommand, BenchOptions, LoadOptions};
pub(crate) use groups::{GroupsCommand, GroupsOptions, ResetOptions};
pub(crate) use messages::{CallOptions, FilterOptions, PullOptions, SendOptions, TailOptions};
pub(crate) use position::Position;
pub(crate) use queue::QueueName;
pub(crate) use topics::{CreateOptions, DeleteOptions, TopicsCommand, TopicsOptions};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Exit codes:
  0    done; also when the reader of the output has closed it
  1    a server answered with an error, or this machine failed
  2    the command line is wrong, or a file that it names cannot be read or written
  3    no server could be reached, or none answered in time
  130  Ctrl-C

Durations have a unit: 500ms, 3s, 10m, 2h, 1d. Colours are for terminals only, and NO_COLOR turns them off.";

/// The command line of RocketMQ: sends, reads, follows and measures topics, shows groups, calls any request.
#[derive(Debug, Parser)]
#[command(name = "rocketmq-tower", version, styles = STYLES, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The options of all commands.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Name servers, `host:port`, separated by `;`.
    #[arg(
        long,
        global = true,
        value_name = "ADDR",
        env = "NAMESRV_ADDR",
        value_delimiter = ';',
        default_value = "127.0.0.1:9876"
    )]
    pub(crate) namesrv: Vec<String>,
    /// Print one JSON object per line, and errors as JSON on stderr.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Time that each request may take.
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        value_parser = duration::positive,
        default_value = "5s"
    )]
    pub(crate) timeout: Duration,
    /// Access key: it names the secret key that requests are signed with.
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        env = "ROCKETMQ_ACCESS_KEY",
        requires = "secret_key"
    )]
    pub(crate) access_key: Option<String>,
    /// Secret key that requests are signed with.
    #[arg(
        long,
        global = true,
        value_name = "KEY",
        env = "ROCKETMQ_SECRET_KEY",
        hide_env_values = true,
        requires = "access_key"
    )]
    pub(crate) secret_key: Option<String>,
    #[command(flatten)]
    pub(crate) tls: Tls,
}

/// TLS to all servers.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Tls {
    /// Connect with TLS, to servers with a certificate of the authorities in this PEM file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Connect with TLS, and do not verify who answers.
    #[arg(long, global = true, conflicts_with = "tls_ca")]
    pub(crate) tls_insecure: bool,
    /// Name that certificates of servers have to have, instead of the host or the IP address.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) tls_server_name: Option<String>,
    /// PEM file with the certificate of this client.
    #[arg(long, global = true, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// PEM file with its private key.
    #[arg(long, global = true, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send any request to a server, and print the response as JSON.
    ///
    /// The exit code is 1 if the code of the response is not SUCCESS.
    Call(CallOptions),
    /// Send messages to a topic: one, or each line of stdin or of a file.
    Send(SendOptions),
    /// Print messages of a topic, once, without a consumer group.
    Pull(PullOptions),
    /// Follow a topic: print messages as they arrive, until Ctrl-C.
    ///
    /// All queues that the topic has at the start are followed at once. A broker that cannot be reached is
    /// tried again until it is back.
    Tail(TailOptions),
    /// List topics, show the queues of one, create or delete one.
    Topics(TopicsOptions),
    /// List consumer groups, show the members of one and how far behind it is, or reset its offsets.
    Groups(GroupsOptions),
    /// Measure how fast messages are sent or read.
    Bench(BenchOptions),
    /// Print a completion script.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands into a folder.
    Man {
        /// The folder.
        dir: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
