//! Settings that change while the gateway runs.

use crate::process::Served;
use crate::support::peer::message;
use crate::support::requests::Pull;
use crate::{broker, settings};
use rocketmq_tower::ResponseCode;

const DENY: &str = "[[authorize]]\ndeny = \"no archives\"\ntopics = [\"archive*\"]\n\
                    [[authorize]]\nallow = \"all else\"\n";

#[tokio::test]
async fn rules_and_quotas_change_for_connections_that_are_open() {
    let broker = broker().await;
    let plain = settings(&broker);
    let mut served = Served::start(&plain).await;
    let client = served.client().await;
    let send = || message("archive", 0, &[], "text");
    client.get(send()).await;

    let line = served.reload(&format!("{plain}{DENY}")).await;
    assert!(line.contains("the settings were read again"), "{line}");
    let (code, why) = client.refusal(send()).await;
    assert_eq!(code, ResponseCode::NO_PERMISSION);
    assert!(why.starts_with("rule \"no archives\" denies address 127.0.0.1: send"), "{why}");

    let quota = "[[quota]]\nof = \"sends\"\nby = \"topic\"\nmessages = 1\n";
    served.reload(&format!("{plain}{quota}")).await;
    client.get(send()).await;
    let (code, why) = client.refusal(send()).await;
    assert_eq!(code, ResponseCode::SYSTEM_BUSY);
    assert!(why.starts_with("[QUOTA]topic archive: 1 messages sent per second"), "{why}");
    // The counts go on if the quotas are the same.
    served.reload(&format!("{plain}{DENY}{quota}")).await;
    client.refusal(message("other", 0, &[], "text")).await;

    served.reload(&plain).await;
    client.get(send()).await;
    client.get(send()).await;
}

#[tokio::test]
async fn an_invalid_file_changes_nothing() {
    let broker = broker().await;
    let good = format!("{}{DENY}", settings(&broker));
    let mut served = Served::start(&good).await;
    let client = served.client().await;
    let refused = async || client.refusal(message("archive", 0, &[], "text")).await.0;
    assert_eq!(refused().await, ResponseCode::NO_PERMISSION);
    for (bad, named) in [
        ("no toml", "gateway.toml"),
        ("[[authorise]]\n", "authorise"),
        ("[[authorize]]\nallow = \"a\"\ntopic = [\"t\"]\n", "topic"),
        ("[[authorize]]\ntopics = [\"t\"]\n", "`allow` and `deny`"),
        ("[acl]\naccounts = \"missing.toml\"\n", "missing.toml"),
        ("[namespace]\n", "`namespace` needs `acl`"),
        ("[audit]\nfile = \"missing/audit.json\"\n", "missing/audit.json"),
    ] {
        let line = served.reload(&format!("{}{bad}", settings(&broker))).await;
        assert!(line.contains("the settings stay as they are"), "{bad}: {line}");
        assert!(line.contains(named), "{bad}: {line}");
        assert_eq!(refused().await, ResponseCode::NO_PERMISSION);
    }
    served.reload(&settings(&broker)).await;
    client.send("archive", 0, "text").await;
}

#[tokio::test]
async fn what_cannot_change_is_named_and_the_log_can() {
    let broker = broker().await;
    let plain = settings(&broker);
    let mut served = Served::start(&plain).await;
    let fixed = "max-connections = 7\ncall-timeout = 5\nlog = \"debug\"\n";
    let changed = format!("{fixed}{plain}slaves = false\n");
    let line = served.reload(&changed).await;
    assert!(line.contains("the settings were read again"), "{line}");
    served.client().await.pull(&Pull::new("T", 0)).await;
    served.log(&["a client has connected"]).await;

    // They are named again, as those of the start are in force.
    served.send("HUP").await;
    for key in ["upstream", "max-connections", "call-timeout"] {
        let line = served.log(&["needs a restart"]).await;
        assert!(line.contains(&format!("key=\"{key}\"")), "{line}");
    }
}
