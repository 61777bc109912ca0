//! Sockets that a service manager passes to a process. The test binary runs itself again with only the
//! test `report`.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::server::listener::{Accept, from_env};
use rocketmq_tower_test_support::Folder;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

const MARK: &str = "report: ";

/// Starts a process with these files as its files 3 and 4 and these variables, and returns what it
/// reports.
fn report(files: [OwnedFd; 2], variables: &str) -> Vec<String> {
    let pass = format!("export {variables}; exec \"$0\" \"$@\" 3<&0 4<&2 </dev/null 2>/dev/null");
    let [third, fourth] = files.map(Stdio::from);
    let output = Command::new("sh")
        .args(["-c", &pass])
        .arg(std::env::current_exe().expect("a path"))
        .args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"])
        .env("INHERITED_REPORT", "1")
        .stdin(third)
        .stderr(fourth)
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().filter_map(|line| Some(line.split_once(MARK)?.1.to_owned()));
    lines.collect()
}

/// Not a test: [`report`] runs it in the child process.
#[tokio::test]
#[ignore = "run by the tests that need a process of their own"]
async fn child() {
    if std::env::var_os("INHERITED_REPORT").is_none() {
        return;
    }
    match from_env() {
        Ok(sockets) => {
            for inherited in sockets {
                let acceptor = inherited.socket.into_acceptor().expect("watched");
                println!("{MARK}{} {}", inherited.name, acceptor.local_addr());
            }
        }
        Err(error) => println!("{MARK}{error}"),
    }
    let again = from_env().expect("the variables are not read again");
    println!("{MARK}then {}", again.len());
}

fn sockets(folder: &Folder) -> (String, [OwnedFd; 2]) {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("binds");
    let addr = tcp.local_addr().expect("bound").to_string();
    let unix = UnixListener::bind(folder.file("socket")).expect("binds");
    (addr, [tcp.into(), unix.into()])
}

#[test]
fn sockets_come_in_order_and_with_their_names() {
    let folder = Folder::new("rocketmq-tower-inherited");
    let path = folder.file("socket");
    let (addr, files) = sockets(&folder);
    let found = report(files, "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=remoting:local");
    let unix = format!("local {}", path.display());
    assert_eq!(found, [format!("remoting {addr}"), unix, "then 0".to_owned()]);

    std::fs::remove_file(&path).expect("the socket is there");
    let (addr, files) = sockets(&folder);
    let found = report(files, "LISTEN_PID=$$ LISTEN_FDS=1");
    assert_eq!(found, [format!("unknown {addr}"), "then 0".to_owned()]);
}

#[test]
fn sockets_for_another_process_are_not_taken() {
    for (number, variables) in
        ["LISTEN_PID=1 LISTEN_FDS=2000", "LISTEN_FDS=2", "LISTEN_PID=$$"].into_iter().enumerate()
    {
        let folder = Folder::new(&format!("rocketmq-tower-not-inherited-{number}"));
        assert_eq!(report(sockets(&folder).1, variables), ["then 0"], "{variables}");
    }
}

#[test]
fn what_is_malformed_is_an_error() {
    let malformed = [
        "LISTEN_PID=x LISTEN_FDS=2",
        "LISTEN_PID=$$ LISTEN_FDS=x",
        "LISTEN_PID=$$ LISTEN_FDS=-1",
        "LISTEN_PID=$$ LISTEN_FDS=1025",
    ];
    for (number, variables) in malformed.into_iter().enumerate() {
        let folder = Folder::new(&format!("rocketmq-tower-malformed-{number}"));
        let found = report(sockets(&folder).1, variables);
        assert_eq!(found, ["LISTEN_PID or LISTEN_FDS is malformed", "then 0"], "{variables}");
    }
}

#[test]
fn a_file_that_does_not_listen_is_an_error() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("binds");
    let connected = TcpStream::connect(tcp.local_addr().expect("bound")).expect("connects");
    let twin = tcp.try_clone().expect("a twin");
    let found =
        report([tcp.into(), connected.into()], "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b");
    assert_eq!(found, ["the inherited file b is not a socket that listens", "then 0"]);

    let file = std::fs::File::open("/dev/null").expect("opens");
    let found = report([file.into(), twin.into()], "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b");
    assert_eq!(found, ["the inherited file a is not a socket that listens", "then 0"]);
}
