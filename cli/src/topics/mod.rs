//! `topics`: lists, shows, creates and deletes topics.

mod change;
mod list;
mod show;

use crate::failure::Failure;
use crate::link::Link;
use crate::options::{TopicsCommand, TopicsOptions};
use crate::output::Out;

pub(crate) async fn run(link: &Link, options: TopicsOptions, out: &mut Out) -> Result<(), Failure> {
    match (options.command, options.name) {
        (Some(TopicsCommand::Create(options)), _) => change::create(link, options, out).await,
        (Some(TopicsCommand::Delete(options)), _) => change::delete(link, options, out).await,
        (None, Some(name)) => show::run(link, &name, out).await,
        (None, None) => list::run(link, options.all, out).await,
    }
}
