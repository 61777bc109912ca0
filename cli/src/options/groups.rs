//! The options of `groups`.

use super::Position;
use clap::{Args, Subcommand};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct GroupsOptions {
    /// The group that is shown. Without it, all groups are listed.
    pub(crate) name: Option<String>,
    /// List also the groups of the system.
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    #[command(subcommand)]
    pub(crate) command: Option<GroupsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GroupsCommand {
    /// Set where a group goes on in a topic, in all of its queues.
    Reset(ResetOptions),
}

#[derive(Args, Debug)]
pub(crate) struct ResetOptions {
    /// The group.
    pub(crate) name: String,
    /// The topic.
    pub(crate) topic: String,
    /// Where to go on: begin, end, a time such as 2026-01-31T12:00:00Z, or a duration, which is that long ago.
    #[arg(long, value_name = "POSITION")]
    pub(crate) to: Position,
}
