//! Measures the cost of policies: gateways differ in their settings, in front of the same server.

use super::servers::gateway;
use super::table::Table;
use super::{Options, median, ratio};
use crate::compare::folder::Folder;
use crate::requests::Header;
use rocketmq_tower::BoxError;
use std::fs;
use std::net::SocketAddr;

/// Each has a rule, a quota or a filter that lets all requests pass.
const POLICIES: [(&str, &str); 4] = [
    ("authorize, ten rules", ""),
    (
        "quota by topic",
        "[[quota]]\nof = \"sends\"\nby = \"topic\"\nmessages = 1000000000\nbytes = 1000000000000\n",
    ),
    (
        "audit of changes",
        "[audit]\nfile = \"AUDIT\"\nactions = [\"admin-topic\", \"admin-group\"]\n",
    ),
    ("audit of all requests", "[audit]\nfile = \"AUDIT\"\n"),
];

/// Callers with a connection each, and callers that share connections.
const CALLERS: [(usize, u32); 2] = [(64, 1), (8, 32)];

/// Measures each policy beside the gateway at `without`, which has none.
pub(super) fn measure(
    options: &Options,
    names: SocketAddr,
    without: (SocketAddr, u32),
) -> Result<String, BoxError> {
    let folder = Folder::new("policies")?;
    let (settings, audit) = (folder.path().join("gateway.toml"), folder.path().join("audit.json"));
    let mut servers = Vec::new();
    for (name, text) in POLICIES {
        let text =
            if text.is_empty() { rules() } else { text.replace("AUDIT", &audit.to_string_lossy()) };
        fs::write(&settings, text)?;
        // It has read the file when it is started.
        servers.push((name, gateway(names, Some(&settings))?));
    }
    let mut table =
        Table::new(&["policy", "load", "CPU per request", "of the one without policies"]);
    for (connections, depth) in CALLERS {
        let run = |target| options.load(target, Header::Json, (connections, depth));
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            let none = run(without)?.server;
            let each =
                servers.iter().map(|(_, server)| Ok(run((server.address, server.pid()))?.server));
            rounds.push((none, each.collect::<Result<Vec<_>, BoxError>>()?));
        }
        for (at, (name, _)) in servers.iter().enumerate() {
            table.row([
                (*name).to_owned(),
                format!("{connections} x {depth}"),
                format!("{:.1} µs", median(rounds.iter().map(|(_, each)| each[at]))),
                ratio(rounds.iter().map(|(none, each)| each[at] / none)),
            ]);
        }
    }
    Ok(table.to_string())
}

/// Nine rules of other topics, and one that allows the load's.
fn rules() -> String {
    let others =
        (0..9).map(|n| format!("[[authorize]]\nallow = \"{n}\"\ntopics = [\"Other{n}*\"]\n"));
    let ours = "[[authorize]]\nallow = \"ours\"\nactions = [\"send\"]\ntopics = [\"TopicT*\"]\n";
    others.chain([ours.to_owned()]).collect()
}
