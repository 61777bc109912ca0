//! The file with the commands.

use rocketmq_tower::BoxError;

/// How the outputs of a command have to compare. `admin/commands.txt` describes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Prepare,
    Same,
    Shape,
    Names,
    Fails,
    Left,
    Known,
    Works,
}

/// A command, with the number of its line.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) line: usize,
    pub(super) mode: Mode,
    pub(super) text: String,
}

impl Command {
    /// Returns the name of the subcommand.
    pub(super) fn name(&self) -> &str {
        self.text.split(' ').next().unwrap_or_default()
    }
}

pub(super) fn read(file: &str) -> Result<Vec<Command>, BoxError> {
    let lines = (1..).zip(file.lines());
    let commands = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let parsed = commands.map(|(line, text)| {
        let (mode, text) = text.split_once('|').ok_or("a line without a mode")?;
        let mode = match mode.trim() {
            "-" => Mode::Prepare,
            "same" => Mode::Same,
            "shape" => Mode::Shape,
            "names" => Mode::Names,
            "fails" => Mode::Fails,
            "left" => Mode::Left,
            "known" => Mode::Known,
            "works" => Mode::Works,
            other => return Err(format!("the mode {other} is unknown").into()),
        };
        Ok(Command { line, mode, text: text.trim().to_owned() })
    });
    parsed.collect()
}
