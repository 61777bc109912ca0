//! Exit codes, errors, colours, and what happens when nobody reads.

use crate::process::{Tower, done};
use crate::start;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_server_that_cannot_be_reached_ends_with_3() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let tower = Tower::new(&free);
    for command in
        ["send T x", "pull T", "tail T", "topics", "topics T", "groups", "groups g", "bench send T"]
    {
        let arguments: Vec<_> = command.split(' ').collect();
        let done = tower.run(&arguments).await;
        assert_eq!(done.code, Some(3), "{command}: {done:?}");
        assert!(done.stderr.starts_with("error: "), "{done:?}");
    }
    let json = tower.run(&["call", &free, "105", "--json"]).await;
    assert_eq!((json.code, &*json.stdout), (Some(3), ""));
    let error = json.error();
    assert_eq!(
        (error["kind"].as_str(), error["exitCode"].as_i64()),
        (Some("unreachable"), Some(3))
    );
    assert!(error["error"].as_str().unwrap().contains(&free), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_ends_with_3() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = silent.local_addr().unwrap().to_string();
    let done = Tower::new(&addr).run(&["pull", "T", "--timeout=50ms"]).await;
    done.fails(3, "timed out");
}

#[tokio::test]
async fn another_name_server_is_asked_if_one_is_gone() {
    let (broker, tower) = start().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let names = format!("{free};{}", broker.names);
    for _ in 0..4 {
        tower.ok(&["topics", "--namesrv", &names]).await;
    }
    let none = tower.run(&["topics", "--namesrv=;"]).await;
    none.fails(2, "there is no name server to call");
    broker.end().await;
}

#[tokio::test]
async fn a_wrong_command_line_ends_with_2() {
    let tower = Tower::new("127.0.0.1:1");
    for arguments in [&["no-such-command"][..], &["pull"], &["pull", "T", "--no-such-option"], &[]]
    {
        let done = tower.run(arguments).await;
        assert_eq!((done.code, &*done.stdout), (Some(2), ""), "{arguments:?}: {done:?}");
    }
    let json = tower.run(&["pull", "T", "--no-such-option", "--json"]).await;
    assert_eq!(json.code, Some(2));
    let error = json.error();
    assert_eq!(error["kind"], "usage");
    let text = error["error"].as_str().unwrap();
    assert!(text.starts_with("unexpected argument '--no-such-option'"), "{text}");
    assert!(!json.stderr.contains('\u{1b}'), "{json:?}");
}

#[tokio::test]
async fn the_help_tells_the_exit_codes() {
    let tower = Tower::new("127.0.0.1:1");
    let help = tower.ok(&["--help"]).await;
    for part in [
        "Exit codes:",
        "  130  Ctrl-C",
        "[env: NAMESRV_ADDR=127.0.0.1:1]",
        "[default: 127.0.0.1:9876]",
    ] {
        assert!(help.contains(part), "no {part} in {help}");
    }
    assert!(tower.ok(&["--version"]).await.starts_with("rocketmq-tower 0."));
}

#[tokio::test]
async fn a_reader_that_closes_the_output_is_no_error() {
    let (broker, tower) = start().await;
    let body = "x".repeat(1000);
    tower.ok(&["send", "T", &body, "--queue=0", "--count=300"]).await;
    for command in ["pull T --max=300", "pull T --max=300 --json"] {
        let mut pull = tower.spawn(&command.split(' ').collect::<Vec<_>>());
        pull.line().await;
        let done = pull.close().await;
        assert_eq!((done.code, &*done.stderr), (Some(0), ""), "{command}");
    }
    broker.end().await;
}

#[tokio::test]
async fn colours_are_for_terminals() {
    let (broker, tower) = start().await;
    tower.ok(&["send", "T", "x", "--tag=a"]).await;
    let pull = async |variables: &[&str]| {
        let mut command = tower.command(&["pull", "T"]);
        let variables = variables.iter().map(|name| (name, "1"));
        let text = done(command.envs(variables)).await.stdout;
        text.contains("\u{1b}[")
    };
    assert!(!pull(&[]).await, "the output is no terminal");
    assert!(pull(&["CLICOLOR_FORCE"]).await);
    assert!(!pull(&["NO_COLOR"]).await);
    broker.end().await;
}
