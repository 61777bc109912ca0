//! Why a command fails, and how that is told: a line on stderr, and the exit code.

use crate::output::printable;
use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use clap::error::ErrorKind;
use rocketmq_tower::client::{InvokeError, RouteError, SendError};
use rocketmq_tower::error::chain_text;
use rocketmq_tower::message::MessageError;
use rocketmq_tower::protocol::json::BodyError;
use rocketmq_tower::{CallError, HeaderError, RemotingCommand, ResponseCode};
use serde_json::json;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why a command fails.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A server answered with an error, or with something that cannot be read.
    Refused { code: Option<ResponseCode>, text: String },
    /// The command line is wrong, or a file that it names cannot be read or written.
    Usage(String),
    /// No server could be reached, or none answered in time.
    Unreachable(String),
    /// This machine fails, such as when the disk is full.
    Local(String),
    /// The reader of the output wants no more of it.
    OutputClosed,
    /// Ctrl-C.
    Interrupted,
}

impl Failure {
    /// Creates the failure of an answer that cannot be used.
    pub(crate) fn answer(text: impl Into<String>) -> Self {
        Self::Refused { code: None, text: text.into() }
    }

    /// Creates the failure of a response that is not a success.
    pub(crate) fn refusal(response: &RemotingCommand) -> Self {
        let code = response.response_code();
        let remark = response.remark().unwrap_or_default();
        Self::Refused { code: Some(code), text: format!("the server refused: {code}: {remark}") }
    }

    /// Adds where it happened.
    #[must_use]
    pub(crate) fn at(self, place: &str) -> Self {
        match self {
            Self::Refused { code, text } => {
                Self::Refused { code, text: format!("{place}: {text}") }
            }
            Self::Unreachable(text) => Self::Unreachable(format!("{place}: {text}")),
            other => other,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Refused { .. } | Self::Local(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 3,
            Self::Interrupted => 130,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Usage(_) => "usage",
            Self::Unreachable(_) => "unreachable",
            Self::Local(_) => "local",
            Self::OutputClosed | Self::Interrupted => "interrupted",
        }
    }

    /// Returns what went wrong; nothing if that is no news to the user.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Refused { text, .. }
            | Self::Usage(text)
            | Self::Unreachable(text)
            | Self::Local(text) => Some(text),
            Self::OutputClosed | Self::Interrupted => None,
        }
    }

    /// Writes it to stderr, as one line, and returns the exit code.
    pub(crate) fn report(&self, is_json: bool) -> ExitCode {
        if let Some(text) = self.text() {
            let line = match is_json {
                true => self.json(text),
                false => format!("{ERROR}error:{ERROR:#} {}", printable(text)),
            };
            _ = writeln!(AutoStream::auto(io::stderr()), "{line}");
        }
        ExitCode::from(self.exit_code())
    }

    /// Writes to stderr that the command goes on, and how.
    pub(crate) fn warn(&self, how: &str, is_json: bool) {
        let text = self.text().unwrap_or_default();
        let line = match is_json {
            true => json!({ "warning": text }).to_string(),
            false => format!("{WARNING}{how}:{WARNING:#} {}", printable(text)),
        };
        _ = writeln!(AutoStream::auto(io::stderr()), "{line}");
    }

    fn json(&self, text: &str) -> String {
        let mut json = json!({ "error": text, "kind": self.kind(), "exitCode": self.exit_code() });
        if let Self::Refused { code: Some(code), .. } = self {
            json["code"] = code.as_i32().into();
            json["name"] = code.name().into();
        }
        json.to_string()
    }
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Tells what clap says: help, or what is wrong with the command line. As JSON if that is asked for.
pub(crate) fn report_usage(
    error: &clap::Error,
    mut arguments: impl Iterator<Item = OsString>,
) -> ExitCode {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_help || !arguments.any(|argument| argument == "--json") {
        _ = error.print();
        return ExitCode::from(if is_help { 0 } else { 2 });
    }
    let text = error.render().to_string();
    // The first paragraph: usage and hints follow.
    let text = text.split("\n\n").next().unwrap_or_default();
    Failure::Usage(text.trim_start_matches("error: ").trim().to_owned()).report(true)
}

/// Writes to stdout fail in this way.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Local(format!("the output cannot be written: {error}")),
        }
    }
}

impl From<InvokeError> for Failure {
    fn from(error: InvokeError) -> Self {
        invoke(&error, &error)
    }
}

impl From<RouteError> for Failure {
    fn from(error: RouteError) -> Self {
        let text = chain_text(&error);
        match error {
            RouteError::TopicNotExist { .. } => {
                Self::Refused { code: Some(ResponseCode::TOPIC_NOT_EXIST), text }
            }
            RouteError::Refused { code, .. } => Self::Refused { code: Some(code), text },
            RouteError::Invoke { ref source, .. } => invoke(source, &error),
            _ => Self::answer(text),
        }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        let text = chain_text(&error);
        match error {
            SendError::InvalidName { .. }
            | SendError::EmptyBody
            | SendError::BodyTooLong { .. }
            | SendError::InvalidBatch(_)
            | SendError::Encode(_) => Self::Usage(text),
            SendError::Route(error) => error.into(),
            SendError::Broker { ref source, .. } => invoke(source, &error),
            SendError::Refused { code, .. } => Self::Refused { code: Some(code), text },
            _ => Self::answer(text),
        }
    }
}

impl From<HeaderError> for Failure {
    fn from(error: HeaderError) -> Self {
        Self::answer(format!("the answer cannot be read: {}", chain_text(&error)))
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        Self::answer(format!("the answer cannot be read: {}", chain_text(&error)))
    }
}

impl From<MessageError> for Failure {
    fn from(error: MessageError) -> Self {
        Self::answer(format!("a message cannot be read: {}", chain_text(&error)))
    }
}

/// Returns the failure of a call, with the text of the error that it caused.
fn invoke(error: &InvokeError, told: &(dyn Error + 'static)) -> Failure {
    let text = chain_text(told);
    match error {
        InvokeError::InvalidAddr { .. }
        | InvokeError::NoNameServer
        | InvokeError::NotSent { source: CallError::Encode(_), .. } => Failure::Usage(text),
        _ => Failure::Unreachable(text),
    }
}
