//! The completion script and the manual page of the command, made of its options.

use crate::options::Options;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use rocketmq_tower::BoxError;
use std::io::{self, Write};

/// Options for those who package the command. Its help leaves them out.
#[derive(Args, Clone, Debug)]
pub(crate) struct Pages {
    /// Print a completion script for this shell, and exit.
    #[arg(long, value_name = "SHELL", hide = true)]
    completions: Option<Shell>,
    /// Print the manual page, and exit.
    #[arg(long, hide = true)]
    man: bool,
}

impl Pages {
    /// Prints what is asked for. Returns whether anything was.
    pub(crate) fn print(&self) -> Result<bool, BoxError> {
        let (mut command, mut text) = (Options::command(), Vec::new());
        if let Some(shell) = self.completions {
            let name = command.get_name().to_owned();
            generate(shell, &mut command, name, &mut text);
        }
        if self.man {
            Man::new(command).render(&mut text)?;
        }
        io::stdout().write_all(&text)?;
        Ok(!text.is_empty())
    }
}
