//! The options, in arguments and in the environment, and how the process ends.

use crate::process::{Served, command, fails};
use crate::support::folder::Folder;
use crate::support::peer::Peer;
use crate::support::requests::request;
use crate::support::soon;
use rocketmq_tower::RequestCode;
use std::collections::BTreeSet;
use tokio::net::TcpListener;
use tokio::process::Command;

/// The command, on free ports and in memory.
fn in_memory() -> Command {
    let mut command = command();
    command.args(["--namesrv", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--in-memory"]);
    command
}

/// The route of a topic, as the name server tells it.
async fn route(served: &Served, topic: &str) -> String {
    let names = Peer::connect(&served.names).await;
    let route = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", topic)]);
    String::from_utf8(names.get(route).await.body().to_vec()).unwrap()
}

#[tokio::test]
async fn the_command_serves_and_exits_with_success_on_sigterm_and_sigint() {
    for signal in ["TERM", "INT"] {
        let served = Served::start(&mut in_memory()).await;
        Peer::connect(&served.address).await.send("T", 0, "m").await;
        assert_eq!(served.signal(signal).await.code(), Some(0), "{signal}");
    }
}

/// The help names all defaults. The standard ports may be in use where this test runs.
#[tokio::test]
async fn without_options_the_command_uses_the_standard_ports_and_a_folder() {
    let output = soon(command().arg("-h").output()).await.unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for default in [
        "[env: ROCKETMQ_NAMESRV=] [default: 127.0.0.1:9876]",
        "[env: ROCKETMQ_LISTEN=] [default: 127.0.0.1:10911]",
        "[env: ROCKETMQ_DATA=] [default: rocketmq-data]",
        "[env: ROCKETMQ_FLUSH=] [default: sync]",
        "[env: ROCKETMQ_BROKER_NAME=] [default: broker-a]",
        "[env: ROCKETMQ_CLUSTER=] [default: DefaultCluster]",
        "[env: ROCKETMQ_RETENTION=] [default: 72]",
        "[env: ROCKETMQ_TRANSACTION_TIMEOUT=] [default: 6]",
        "[env: ROCKETMQ_TRANSACTION_CHECK_INTERVAL=] [default: 30]",
        "[env: ROCKETMQ_MAX_CONNECTIONS=] [default: 1000]",
        "[env: ROCKETMQ_MAX_SENDS=] [default: 8192]",
        "[env: ROCKETMQ_MAX_CLIENT_STATE=] [default: 64]",
        "[env: ROCKETMQ_MAX_CLIENT_STATE_PER_CONNECTION=] [default: 4]",
        "[env: ROCKETMQ_TRAFFIC=] [default: 0]",
        "[env: ROCKETMQ_LOG=] [default: info]",
    ] {
        assert!(help.contains(default), "no {default} in {help}");
    }
}

#[tokio::test]
async fn all_options_are_accepted_as_arguments() {
    let folder = Folder::new();
    let mut command = command();
    command.args(["--namesrv=127.0.0.1:0", "--listen=127.0.0.1:0", "--flush=async"]);
    command.args(["--topic=T:3,U", "--topic=V:1", "--broker-name=b1", "--cluster=c1"]);
    command.args(["--retention=1", "--transaction-timeout=1", "--transaction-check-interval=1"]);
    command.args(["--max-connections=10", "--max-sends=10", "--traffic=1", "--log=debug"]);
    command.args(["--max-client-state=8", "--max-client-state-per-connection=1"]);
    command.args(["--console=127.0.0.1:0", "--console-password=secret", "--console-host=a,b"]);
    command.args(["--advertise=localhost:5", "--metrics=127.0.0.1:0", "--data"]);
    let served = Served::start(command.arg(folder.path())).await;
    assert_eq!(served.address, "localhost:5");
    for (topic, queues) in [("T", 3), ("U", 4), ("V", 1)] {
        let route = route(&served, topic).await;
        for part in [
            format!(r#""readQueueNums":{queues}"#),
            r#""brokerAddrs":{"0":"localhost:5"}"#.to_owned(),
            r#""brokerName":"b1""#.to_owned(),
            r#""cluster":"c1""#.to_owned(),
        ] {
            assert!(route.contains(&part), "{topic}: no {part} in {route}");
        }
    }
    served.kill().await;
    assert!(folder.path().read_dir().unwrap().next().is_some(), "nothing in the folder");
}

#[tokio::test]
async fn all_options_are_read_from_the_environment() {
    let folder = Folder::new();
    let mut command = command();
    command.env("ROCKETMQ_DATA", folder.path()).envs([
        ("ROCKETMQ_NAMESRV", "127.0.0.1:0"),
        ("ROCKETMQ_LISTEN", "127.0.0.1:0"),
        ("ROCKETMQ_ADVERTISE", "localhost:5"),
        ("ROCKETMQ_IN_MEMORY", "true"),
        ("ROCKETMQ_FLUSH", "async"),
        ("ROCKETMQ_TOPICS", "T:3,U"),
        ("ROCKETMQ_BROKER_NAME", "b1"),
        ("ROCKETMQ_CLUSTER", "c1"),
        ("ROCKETMQ_RETENTION", "1"),
        ("ROCKETMQ_TRANSACTION_TIMEOUT", "1"),
        ("ROCKETMQ_TRANSACTION_CHECK_INTERVAL", "1"),
        ("ROCKETMQ_MAX_CONNECTIONS", "10"),
        ("ROCKETMQ_MAX_SENDS", "10"),
        ("ROCKETMQ_MAX_CLIENT_STATE", "8"),
        ("ROCKETMQ_MAX_CLIENT_STATE_PER_CONNECTION", "1"),
        ("ROCKETMQ_METRICS", "127.0.0.1:0"),
        ("ROCKETMQ_CONSOLE", "127.0.0.1:0"),
        ("ROCKETMQ_CONSOLE_PASSWORD", "secret"),
        ("ROCKETMQ_CONSOLE_HOSTS", "a,b"),
        ("ROCKETMQ_TRAFFIC", "1"),
        ("ROCKETMQ_LOG", "error"),
    ]);
    let served = Served::start(&mut command).await;
    assert_eq!(served.address, "localhost:5");
    let route = route(&served, "T").await;
    for part in [r#""readQueueNums":3"#, r#""brokerName":"b1""#, r#""cluster":"c1""#] {
        assert!(route.contains(part), "no {part} in {route}");
    }
    served.kill().await;
    assert!(folder.path().read_dir().unwrap().next().is_none(), "it is to keep nothing");
}

#[tokio::test]
async fn an_address_that_is_bad_or_taken_is_one_line_on_stderr() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (option, server) in [
        ("--namesrv", "the name server cannot listen on"),
        ("--listen", "the broker cannot listen on"),
        ("--metrics", "metrics cannot be served on"),
        ("--console", "the console cannot listen on"),
    ] {
        for addr in ["127.0.0.1:no-port", &taken] {
            let mut command = command();
            command.env("ROCKETMQ_IN_MEMORY", "true");
            // The option that is tested replaces a free port.
            for free in ["--namesrv", "--listen"].into_iter().filter(|free| *free != option) {
                command.args([free, "127.0.0.1:0"]);
            }
            let (code, text) = fails(command.args([option, addr])).await;
            assert_eq!(code, Some(1), "{text}");
            assert!(text.starts_with(&format!("error: {server} {addr}: ")), "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }
}

#[tokio::test]
async fn the_password_of_the_console_is_in_a_file() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    let file = folder.path().join("password");
    let start = || {
        let mut command = command();
        command.args(["--namesrv=127.0.0.1:0", "--listen=127.0.0.1:0", "--in-memory"]);
        command.arg(format!("--console-password=@{}", file.display()));
        command
    };
    let (code, text) = fails(&mut start()).await;
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.starts_with("error: the password of the console, "), "{text}");
    std::fs::write(&file, "\n").unwrap();
    let (code, text) = fails(&mut start()).await;
    assert_eq!((code, &*text), (Some(1), "error: the password of the console is empty\n"));
    std::fs::write(&file, "secret\n").unwrap();
    Served::start(&mut start()).await.kill().await;
}

#[tokio::test]
async fn a_folder_that_is_in_use_is_one_line_on_stderr() {
    let folder = Folder::new();
    let start = || {
        let mut command = command();
        command.args(["--namesrv=127.0.0.1:0", "--listen=127.0.0.1:0", "--data"]);
        command.arg(folder.path());
        command
    };
    let served = Served::start(&mut start()).await;
    let (code, text) = fails(&mut start()).await;
    let path = folder.path().display();
    assert_eq!(text, format!("error: the folder {path} is in use by another broker\n"));
    assert_eq!(code, Some(1));
    served.kill().await;
}

#[tokio::test]
async fn topics_that_make_no_sense_are_one_line_on_stderr() {
    for (topic, says) in [
        ("T:many", r#"error: the topic "T:many" has to be NAME or NAME:QUEUES"#),
        ("T:0", r#"error: the topic "T" cannot be created: T cannot have 0 queues"#),
        ("a b", r#"error: the topic "a b" cannot be created: a topic's name has "#),
    ] {
        let (code, text) = fails(in_memory().args(["--log=warn", "--topic", topic])).await;
        assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
        assert!(text.starts_with(says), "{text}");
    }
}

#[tokio::test]
async fn an_unknown_option_ends_the_process_with_code_2() {
    let (code, text) = fails(in_memory().arg("--no-such-option")).await;
    assert_eq!(code, Some(2));
    assert!(text.contains("--no-such-option"), "{text}");
}

#[tokio::test]
async fn limits_that_let_nobody_in_end_the_process_with_code_2() {
    for option in ["--max-sends", "--max-connections"] {
        let (code, text) = fails(in_memory().args([option, "0"])).await;
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(option), "{text}");
        let served = Served::start(in_memory().args([option, &usize::MAX.to_string()])).await;
        Peer::connect(&served.address).await.send("T", 0, "m").await;
        served.kill().await;
    }
}

#[tokio::test]
async fn completions_and_the_manual_page_are_printed() {
    for (option, has) in [
        ("--completions=bash", "-o default rocketmq-tower-broker"),
        ("--completions=fish", "complete -c rocketmq-tower-broker"),
        ("--man", ".TH rocketmq-tower-broker 1"),
    ] {
        let output = soon(command().arg(option).output()).await.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(has) && text.contains("segment"), "{option}: no {has} in {text}");
    }
}

#[tokio::test]
async fn a_log_that_is_no_terminal_has_no_colours() {
    let (code, text) = fails(in_memory().args(["--log=info", "--topic", "T:0"])).await;
    assert!(code == Some(1) && !text.contains('\u{1b}'), "{text:?}");
}

/// The words that begin with `prefix`, without the punctuation around them.
fn words<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c);
    text.split(is_end).filter(|word| word.starts_with(prefix)).collect()
}

#[tokio::test]
async fn the_readme_has_all_options_and_no_others() {
    let readme = include_str!("../../README.md");
    let options = readme.lines().filter(|line| line.starts_with("| `--")).collect::<String>();
    let output = soon(command().arg("-h").output()).await.unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let mut flags = words(&help, "--");
    flags.retain(|flag| !["--help", "--version"].contains(flag));
    assert!(flags.len() > 10, "{flags:?}");
    assert_eq!(words(&options, "--"), flags);
    assert_eq!(words(&options, "ROCKETMQ_"), words(&help, "ROCKETMQ_"));
}
