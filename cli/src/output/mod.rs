//! The output: lines for people, or one JSON object per line.

mod bytes;
mod message;
mod progress;
mod table;
mod text;
pub(crate) mod time;

pub(crate) use bytes::body_to_json;
pub(crate) use message::{human, to_json};
pub(crate) use progress::Progress;
pub(crate) use table::{Align, Table};
pub(crate) use text::printable;

use crate::failure::Failure;
use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use serde_json::Value;
use std::io::{self, Stdout, Write};

/// The style of text that is less important than the rest.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Places: brokers, queues.
pub(crate) const PLACE: Style = AnsiColor::Cyan.on_default();
/// Tags, and what needs attention.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default();

/// The standard output.
#[derive(Debug)]
pub(crate) struct Out {
    pub(crate) is_json: bool,
    /// Takes colours out if nobody sees them.
    stream: AutoStream<Stdout>,
}

impl Out {
    pub(crate) fn new(is_json: bool) -> Self {
        Self { is_json, stream: AutoStream::auto(io::stdout()) }
    }

    /// Writes a text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.stream.write_all(text.as_bytes())?;
        self.stream.flush()?;
        Ok(())
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = self.stream.as_inner();
        stdout.write_all(bytes)?;
        stdout.flush()?;
        Ok(())
    }

    /// Writes a line: a JSON object, or a text for people.
    pub(crate) fn line(
        &mut self,
        json: impl FnOnce() -> Value,
        human: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let mut line = if self.is_json { json().to_string() } else { human() };
        line.push('\n');
        self.text(&line)
    }

    /// Returns a bar for this much work, to be shown while nothing is printed.
    pub(crate) fn progress(&self, total: u64, unit: &'static str) -> Progress {
        match self.is_json {
            true => Progress::hidden(),
            false => Progress::new(total, unit),
        }
    }
}
