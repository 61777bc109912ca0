//! The machine and the versions that the figures belong to.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    pub(crate) java: String,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
        Self {
            date: first_line("date", &["--utc", "+%F"]),
            processor: model.unwrap_or("unknown").trim_start_matches(['\t', ' ', ':']).to_owned(),
            cores: available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: first_line("rustc", &["--version"]),
            java: first_line("java", &["--version"]),
        }
    }
}

fn first_line(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().lines().next().unwrap_or("none").to_owned()
}
