//! A server whose process may open few files: it raises the limit as far as it may, and leaves room
//! for the rest of the process.

use crate::child::{Kind, OPEN_FILES, Served};
use rocketmq_tower_test_support::{Raw, SECOND, request, soon};
use tokio::time::timeout;

const FEW: u32 = 64;
const MANY: u32 = 4096;

/// Returns `count` peers, each of which was answered.
async fn served(server: &Served, count: i32) -> Vec<Raw> {
    let mut peers = Vec::new();
    for opaque in 0..count {
        let mut peer = Raw::connect(server.addr).await;
        assert_eq!(soon(peer.call(&request(1, opaque))).await.opaque(), opaque);
        peers.push(peer);
    }
    peers
}

#[tokio::test]
async fn the_soft_limit_is_raised_to_the_hard_one() {
    for kind in [Kind::Default, Kind::Stack] {
        let server = Served::with(kind, FEW, MANY);
        assert_eq!(server.warnings, [""; 0], "{kind:?}");
        served(&server, 128).await;
    }
}

#[tokio::test]
async fn the_default_limit_of_connections_leaves_room_for_the_process() {
    let server = Served::with(Kind::Default, FEW, FEW);
    let [warning] = &server.warnings[..] else { panic!("{:?}", server.warnings) };
    for text in [
        "files=64 connections=32",
        "too few open files are allowed for the default of 1000 connections, so fewer are accepted",
        "raise the process's limit of open files (ulimit -n, LimitNOFILE= of systemd)",
    ] {
        assert!(warning.contains(text), "{warning}");
    }

    let mut peers = served(&server, 32).await;
    let mut next = Raw::connect(server.addr).await;
    next.send(&request(1, 33)).await;
    timeout(SECOND / 10, next.io.readable()).await.expect_err("in the kernel's queue");
    // The process can open files, though as many peers as may are connected.
    assert_eq!(peers[0].call(&request(OPEN_FILES, 16)).await.code(), 0);
    peers.pop();
    assert_eq!(soon(next.next()).await.expect("served").opaque(), 33);
}

#[tokio::test]
async fn a_limit_of_connections_that_was_set_is_kept() {
    let server = Served::with(Kind::TenThousand, FEW, FEW);
    let [warning] = &server.warnings[..] else { panic!("{:?}", server.warnings) };
    for text in [
        "files=64 connections=10000 room=32",
        "more connections are allowed than there is room for",
        "or lower the limit of connections",
    ] {
        assert!(warning.contains(text), "{warning}");
    }
    served(&server, 40).await;
}

#[tokio::test]
async fn the_limit_of_files_need_not_be_raised() {
    let server = Served::with(Kind::NotRaised, FEW, MANY);
    let [warning] = &server.warnings[..] else { panic!("{:?}", server.warnings) };
    assert!(warning.contains("files=64 connections=32"), "{warning}");
    for (kind, soft) in [(Kind::NotRaised, FEW), (Kind::StackNotRaised, FEW), (Kind::Stack, MANY)] {
        let server = Served::with(kind, FEW, MANY);
        served(&server, 1).await;
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.process().id()));
        let limits = limits.expect("it runs");
        let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a row");
        let files: Vec<_> = files.split_whitespace().skip(3).take(2).collect();
        assert_eq!(files, [soft.to_string(), MANY.to_string()], "{kind:?}");
    }
}
