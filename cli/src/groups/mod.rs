//! `groups`: lists and shows consumer groups, and resets their offsets.

mod list;
mod reset;
mod show;
mod state;

use crate::failure::Failure;
use crate::link::Link;
use crate::options::{GroupsCommand, GroupsOptions};
use crate::output::Out;

pub(crate) async fn run(link: &Link, options: GroupsOptions, out: &mut Out) -> Result<(), Failure> {
    match (options.command, options.name) {
        (Some(GroupsCommand::Reset(options)), _) => reset::run(link, options, out).await,
        (None, Some(name)) => show::run(link, &name, out).await,
        (None, None) => list::run(link, options.all, out).await,
    }
}
