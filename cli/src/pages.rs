//! Completion scripts and manual pages, made of the command line itself.

use crate::failure::Failure;
use crate::options::Cli;
use crate::output::Out;
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::Path;

/// `completions`
pub(crate) fn completions(shell: Shell, out: &mut Out) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rocketmq-tower", &mut script);
    out.bytes(&script)
}

/// `man`: the page of the program, or the pages of all commands as files of a folder.
pub(crate) fn man(dir: Option<&Path>, out: &mut Out) -> Result<(), Failure> {
    let Some(dir) = dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        return out.bytes(&page);
    };
    clap_mangen::generate_to(Cli::command(), dir)
        .map_err(|error| Failure::Usage(format!("{}: {error}", dir.display())))
}
