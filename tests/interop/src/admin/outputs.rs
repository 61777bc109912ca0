//! Compares what a command has printed.

use super::commands::{Command, Mode};
use regex::{Captures, Regex};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// A difference between two outputs.
#[derive(Debug)]
pub(super) struct Difference(pub(super) String);

/// The output of a command.
pub(super) struct Output {
    pub(super) text: String,
    /// Of a call, which prints a path at the beginning of each value.
    is_call: bool,
}

/// The beginnings of topics that only one of the brokers has, and which nobody else uses: Apache's stores for
/// transactions in RocksDB and for members; topics of retries, which ours makes with their first message.
const OWN_TOPICS: [&str; 4] =
    ["RMQ_SYS_ROCKSDB_", "rmq_sys_SYNC_BROKER_MEMBER_", "TRANS_CHECK_MAX_TIME_TOPIC", "%RETRY%"];

/// The group of mqadmin's own consumers, which are gone when a command ends. Apache's broker keeps their topic of
/// retries, by which groups are listed.
const OF_TOOLS: &str = "TOOLS_CONSUMER";

/// The group of producers that every client of Java is in as soon as it has sent a heartbeat.
const OF_CLIENTS: &str = "CLIENT_INNER_PRODUCER";

/// Patterns of texts that differ from run to run, with their replacements, applied in this order.
static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = [
        // Objects of Java without a text of their own.
        (r"\$\$Lambda\S+|(\.[A-Z]\w*)@[0-9a-f]+$", "${1}@OBJECT"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d+)?", "TIME"),
        (r"/?\b\d{1,3}(\.\d{1,3}){3}:\d+", "ADDR"),
        (r"\bV\d+_\d+_\d+|rocketmq-tower \d+\.\d+\.\d+", "VERSION"),
        (r"/[^ ]*/(files|outputs|msgbodys)/[^ \n]*", "FILE"),
        (r"\b[0-9A-F]{32,}(@\d+)?\b", "ID"),
        (r"\b1[789]\d{11}\b", "MS"),
        (r"-?\b\d+\.\d+\b", "RATE"),
        (r"\d+ms", "DURATION"),
        (
            r"(CommitLog Offset: +|(?:commitLogOffset|physicOffset|spentTimeMills|tagsCode)=)\d+",
            "${1}N",
        ),
        (r"@\d+#\d+", "@PROCESS"),
        // A rate without a fraction.
        (r"\b(OFFLINE|CLUSTERING)\s+\d+", "${1} RATE"),
        // The messages that the timer has read and not delivered yet.
        (r"\b\d+-\d+\(", "TIMER("),
        // A consumer commits its offsets every 5 s.
        (r"\b(NOT_CONSUME_YET|CONSUMED)\b", "TRACK"),
    ];
    let compiled = rules.into_iter().map(|(rule, by)| (Regex::new(rule), by));
    compiled.filter_map(|(rule, by)| Some((rule.ok()?, by))).collect()
});

/// An address before a name.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[0-9.]+:\d+ ").ok());
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"-?\d+(\.\d+)?|\bMS\b").ok());
static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"CODE: (\d+)").ok());

impl Output {
    pub(super) fn read(outputs: &Path, command: &Command) -> Result<Self, std::io::Error> {
        let bytes = fs::read(outputs.join(format!("{}.txt", command.line)))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self { text, is_call: command.name() == "!call" })
    }

    /// Returns the code of the error that it shows, or `Some(None)` if the error has none.
    fn error(&self) -> Option<Option<&str>> {
        // The values of a call may speak of errors.
        if self.is_call && self.text.starts_with(['.', '[', '=']) {
            return None;
        }
        let code = CODE.as_ref().and_then(|code| code.captures(&self.text));
        let code = code.and_then(|found| found.get(1)).map(|found| found.as_str());
        let failed = ["Exception", "usage: mqadmin", "error", "failed", "not supported"];
        let failed = code.is_some() || failed.iter().any(|word| self.text.contains(word));
        failed.then_some(code)
    }

    /// Whether it shows an error.
    pub(super) fn fails(&self) -> bool {
        self.error().is_some()
    }

    /// Returns its lines in order, without what differs from run to run, and without spaces.
    fn lines(&self, map: impl Fn(&str) -> String) -> Vec<String> {
        let own = |line: &&str| {
            !line.starts_with(OF_TOOLS)
                && !line.contains(OF_CLIENTS)
                && !OWN_TOPICS.iter().any(|topic| line.contains(topic))
        };
        let lines = self.text.lines().filter(own).map(|line| {
            let mut line = line.to_owned();
            for (rule, by) in &*VARYING {
                line = rule.replace_all(&line, *by).into_owned();
            }
            map(&line.split_whitespace().collect::<Vec<_>>().join(" "))
        });
        // Tables come from hash maps.
        let mut lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        lines
    }

    /// Returns the names of `name : value` and `name = value`.
    fn names(&self) -> BTreeSet<String> {
        let name = |line: &str| {
            let start = ADDRESS.as_ref().and_then(|address| address.find(line));
            let line = start.map_or(line, |start| &line[start.end()..]);
            let (name, _) = line.split_once([':', '='])?;
            Some(name.split_whitespace().last()?.to_owned())
        };
        self.text.lines().filter_map(name).collect()
    }
}

pub(super) fn compare(mode: Mode, theirs: &Output, ours: &Output) -> Result<(), Difference> {
    match mode {
        Mode::Prepare => match ours.error().or(theirs.error()) {
            None => Ok(()),
            Some(_) => Err(Difference("it failed".into())),
        },
        Mode::Same => same(theirs, ours, str::to_owned),
        Mode::Shape => same(theirs, ours, |line| {
            let without_value = line.split_once(" : ").map_or(line, |(name, _)| name);
            match &*NUMBER {
                Some(number) => {
                    number.replace_all(without_value, |_: &Captures<'_>| "N").into_owned()
                }
                None => without_value.to_owned(),
            }
        }),
        Mode::Names => names(theirs, ours),
        Mode::Fails => match (theirs.error(), ours.error()) {
            (Some(_), Some(_)) => Ok(()),
            (None, _) => Err(Difference("Apache's broker does not fail".into())),
            (_, None) => Err(Difference("it looks successful".into())),
        },
        Mode::Works => match ours.error() {
            None => Ok(()),
            Some(error) => Err(Difference(format!("it failed: {error:?}"))),
        },
        Mode::Known => Ok(()),
        Mode::Left => match ours.error() {
            Some(_) => Ok(()),
            None => Err(Difference("it looks successful".into())),
        },
    }
}

fn same(
    theirs: &Output,
    ours: &Output,
    map: impl Fn(&str) -> String + Copy,
) -> Result<(), Difference> {
    match (theirs.error(), ours.error()) {
        (Some(one), Some(two)) if one.is_some() && one == two => return Ok(()),
        (None, None) => {}
        (Some(_), Some(_)) if theirs.lines(map) == ours.lines(map) => return Ok(()),
        (one, two) => {
            return Err(Difference(format!(
                "the first error is {one:?}, and the second one {two:?}"
            )));
        }
    }
    let (theirs, ours) = (theirs.lines(map), ours.lines(map));
    if theirs == ours {
        return Ok(());
    }
    let missing: Vec<_> = theirs.iter().filter(|line| !ours.contains(line)).collect();
    let more: Vec<_> = ours.iter().filter(|line| !theirs.contains(line)).collect();
    Err(Difference(format!(
        "the outputs differ\n  only the first: {missing:#?}\n  only the second: {more:#?}"
    )))
}

/// Fails unless both print the same names.
pub(super) fn same_names(one: &Output, two: &Output) -> Result<(), Difference> {
    // Those of folders, and of clients, with their addresses, are not the same.
    let names = |output: &Output| {
        let names = output.names().into_iter();
        names.filter(|name| !name.contains(['/', '@'])).collect::<BTreeSet<_>>()
    };
    let (one, two) = (names(one), names(two));
    match one == two {
        true if !one.is_empty() => Ok(()),
        _ => Err(Difference(format!("the names are {one:?} and {two:?}"))),
    }
}

/// Fails if ours prints nothing that Apache's prints.
fn names(theirs: &Output, ours: &Output) -> Result<(), Difference> {
    // The words of errors are in the traces of threads, too.
    if let Some(Some(code)) = ours.error() {
        return Err(Difference(format!("it failed with {code}")));
    }
    let (theirs, ours) = (theirs.names(), ours.names());
    let common = theirs.intersection(&ours).count();
    println!("   {common} of Apache's {} names, and {} more", theirs.len(), ours.len() - common);
    if common == 0 { Err(Difference("no name is the same".into())) } else { Ok(()) }
}
