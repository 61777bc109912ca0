//! `tail`

use crate::process::Tower;
use crate::start;
use crate::support::folder::Folder;
use crate::support::running::Running;
use rocketmq_tower_broker::Broker;
use serde_json::Value;

fn body(line: &str) -> String {
    let message: Value = serde_json::from_str(line).unwrap();
    message["body"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn all_queues_are_followed_until_the_maximum() {
    let (broker, tower) = start().await;
    tower.ok(&["send", "T", "old", "--queue=0"]).await;
    let mut tail = tower.spawn(&["tail", "T", "--from=begin", "--max=4", "--json"]);
    assert_eq!(body(&tail.line().await), "old");
    for (queue, text) in [("--queue=1", "a"), ("--queue=0", "b"), ("--queue=1", "c")] {
        tower.ok(&["send", "T", text, queue]).await;
        assert_eq!(body(&tail.line().await), text);
    }
    let done = tail.end().await;
    assert_eq!((done.code, &*done.stdout, &*done.stderr), (Some(0), "", ""));
    broker.end().await;
}

#[tokio::test]
async fn it_starts_at_the_end_and_ends_with_ctrl_c() {
    let (broker, tower) = start().await;
    tower.ok(&["send", "T", "old", "--queue=0", "--count=3"]).await;
    let mut tail = tower.spawn(&["tail", "T", "--from=-1", "--tag=*"]);
    assert!(tail.line().await.ends_with(" old"));
    tower.ok(&["send", "T", "new", "--queue=0"]).await;
    assert!(tail.line().await.ends_with("broker-a:0 3 new"));
    tail.interrupt().await;
    let done = tail.end().await;
    assert_eq!((done.code, &*done.stdout, &*done.stderr), (Some(130), "", ""));
    broker.end().await;
}

#[tokio::test]
async fn a_broker_that_was_restarted_is_followed_again() {
    let folder = Folder::new();
    let builder = || Broker::builder().vip_port(false).topic("T", 2).data_dir(folder.path());
    let broker = Running::start(builder()).await;
    let tower = Tower::new(&broker.names);
    tower.ok(&["send", "T", "before", "--queue=0"]).await;
    let mut tail = tower.spawn(&["tail", "T", "--from=begin"]);
    assert!(tail.line().await.ends_with("broker-a:0 0 before"));
    let (names, addr) = (broker.names.clone(), broker.broker.clone());
    broker.end().await;
    let broker = Running::start(builder().name_server_listen(names).listen(addr)).await;
    tower.ok(&["send", "T", "after", "--queue=0"]).await;
    assert!(tail.line().await.ends_with("broker-a:0 1 after"));
    tail.interrupt().await;
    let done = tail.end().await;
    assert_eq!(done.code, Some(130), "{done:?}");
    assert!(done.stderr.lines().all(|line| line.starts_with("trying again: ")), "{done:?}");
    broker.end().await;
}

#[tokio::test]
async fn a_topic_that_does_not_exist_ends_it() {
    let (broker, tower) = start().await;
    tower.run(&["tail", "None"]).await.fails(1, "the topic None does not exist");
    let mut tail = tower.spawn(&["tail", "T", "--from=begin"]);
    tower.ok(&["send", "T", "x"]).await;
    tail.line().await;
    tower.ok(&["topics", "delete", "T"]).await;
    tail.end().await.fails(1, "TOPIC_NOT_EXIST");
    broker.end().await;
}
