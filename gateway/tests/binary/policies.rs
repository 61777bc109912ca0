//! Policies of the file.

use crate::process::Served;
use crate::support::peer::message;
use crate::{broker, settings};
use rocketmq_tower::ResponseCode;
use std::path::Path;

fn audited(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_audit_is_written_to_a_file_which_may_be_moved_away() {
    let broker = broker().await;
    let rule = "[[authorize]]\nallow = \"orders\"\ntopics = [\"orders\"]\n";
    let audit = "[audit]\nfile = \"audit.json\"\nactions = [\"send\"]\n";
    let mut served = Served::start(&format!("{}{rule}{audit}", settings(&broker))).await;
    let (file, moved) =
        (served.folder.path().join("audit.json"), served.folder.path().join("audit.1.json"));
    let client = served.client().await;
    client.send("orders", 0, "text").await;
    assert_eq!(client.refusal(message("other", 0, &[], "")).await.0, ResponseCode::NO_PERMISSION);
    std::fs::rename(&file, &moved).unwrap();
    served.hang_up().await;
    client.send("orders", 0, "text").await;
    drop(client);
    let (status, _folder) = served.terminate().await;
    assert!(status.success());
    let (before, after) = (audited(&moved), audited(&file));
    assert_eq!((before.len(), after.len()), (2, 1), "{before:?} {after:?}");
    assert!(before[0].contains(r#""action":"send""#), "{before:?}");
    assert!(before[0].contains(r#""topics":["orders"]"#), "{before:?}");
    assert!(before[1].contains(r#""response":"NO_PERMISSION""#), "{before:?}");
}

#[tokio::test]
async fn an_audit_and_traces_go_to_the_log() {
    let broker = broker().await;
    let policies = "[audit]\nactions = [\"send\"]\n[trace]\nevery = 1\n";
    let mut served = Served::start(&format!("{}{policies}", settings(&broker))).await;
    let client = served.client().await;
    client.send("orders", 0, "text").await;
    let line = served.log(&["rocketmq_tower::trace"]).await;
    for part in [
        "SEND_MESSAGE_V2",
        "messaging.destination.name=\"orders\"",
        "rocketmq.target=\"broker-a/0\"",
    ] {
        assert!(line.contains(part), "{line}");
    }
    client.send("orders", 0, "text").await;
    let line = served.log(&["rocketmq_tower::audit"]).await;
    assert!(line.contains("topics=\"orders\""), "{line}");
}
