//! The console: its pages, its guard and its API, over HTTP.

use crate::browser::Http;
use crate::process::Served;
use crate::support::folder::Folder;
use crate::support::peer::{Peer, message};
use crate::support::requests::Pull;
use crate::{broker, settings, upstream};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rocketmq_tower::layers::tls::SelfSigned;
use rocketmq_tower::protocol::{ConsumerData, HeartbeatData, ProducerData};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const CONSOLE: &str = "[console]\nlisten = \"127.0.0.1:0\"\nhosts = [\"mq.example\"]\n";
const PATHS: [&str; 6] =
    ["/overview", "/upstreams", "/upstreams/main", "/connections", "/policies", "/settings"];

/// Starts a gateway with these settings, and returns a client of its console.
async fn start(settings: &str) -> (Served, Http) {
    start_in(Folder::new(), settings).await
}

async fn start_in(folder: Folder, settings: &str) -> (Served, Http) {
    let mut served = Served::start_in(folder, settings).await;
    let line = served.log(&["console at http://"]).await;
    let port = line.trim_end_matches('/').rsplit_once(':').unwrap().1.parse().unwrap();
    (served, Http::new(port))
}

/// Returns one member of each item of a page.
fn column<'a>(page: &'a Value, name: &str) -> Vec<&'a Value> {
    page["items"].as_array().unwrap().iter().map(|item| &item[name]).collect()
}

/// Returns a page of the API once it is as expected.
async fn once(http: &Http, path: &str, expected: impl Fn(&Value) -> bool) -> Value {
    let wait = async {
        loop {
            let page = http.ok(path).await;
            if expected(&page) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    crate::support::soon(wait).await
}

fn heartbeat() -> RemotingCommand {
    let data = HeartbeatData {
        client_id: "client-1".into(),
        producer_data_set: vec![ProducerData { group_name: "p".into() }],
        consumer_data_set: vec![ConsumerData { group_name: "g".into(), ..Default::default() }],
        ..Default::default()
    };
    RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&data).unwrap()
}

#[tokio::test]
async fn the_page_and_its_scripts_are_served_and_nothing_is_changed() {
    let broker = broker().await;
    let (_served, http) = start(&format!("{}{CONSOLE}", settings(&broker))).await;
    let scripts = http.scripts().await;
    let main = &scripts["/js/main.js"];
    assert_eq!(scripts.len(), 5, "{:?}", scripts.keys());
    for path in ["/upstreams", "/connections", "/policies", "/settings"] {
        assert!(main.contains(&format!("\"{path}\"")), "{path}");
    }
    for path in ["/", "/api/v1/overview", "/none"] {
        let policy = http.get(path).await.header("content-security-policy").unwrap().to_owned();
        assert!(policy.starts_with("default-src 'self'"), "{path}: {policy}");
    }
    http.post("/api/v1/settings", &json!({})).await.refused(405, "this method");
    http.get("/api/v1/none").await.refused(404, "no such path");
    http.get("/api/v1/upstreams/none").await.refused(404, "no cluster none");
    http.get("/api/v1/connections?after=x").await.refused(400, "number of a connection");
    http.get("/api/v1/settings?after=x").await.refused(400, "number of a row");
}

#[tokio::test]
async fn other_names_other_sites_and_wrong_passwords_are_refused() {
    let broker = broker().await;
    let folder = Folder::new();
    fs::write(folder.path().join("console.password"), "open sesame\n").unwrap();
    let console = "[console]\nlisten = \"0.0.0.0:0\"\npassword = \"@console.password\"\n";
    let (_served, http) = start_in(folder, &format!("{}{console}", settings(&broker))).await;
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for path in ["/", "/js/main.js", "/api/v1/settings"] {
        http.get(path).await.refused(401, "has a password");
        http.with(&[("Host", "evil.example")]).get(path).await.refused(421, "not one of");
    }
    let wrong = basic("admin:wrong");
    http.with(&[("Authorization", &wrong)]).get("/").await.refused(401, "wrong");
    let right = basic("admin:open sesame");
    let settings = http.with(&[("Authorization", &right)]).ok("/api/v1/settings").await;
    assert!(!settings.to_string().contains("sesame"), "{settings}");
    let site = [("Authorization", &*right), ("Sec-Fetch-Site", "cross-site")];
    http.with(&site).get("/api/v1/settings").await.refused(403, "another site");
}

#[tokio::test]
async fn requests_clients_and_brokers_are_told() {
    let broker = broker().await;
    let (served, http) = start(&format!("{}{CONSOLE}", settings(&broker))).await;
    let client = served.client().await;
    client.get(heartbeat()).await;
    client.send("T", 0, "text").await;
    client.pull(&Pull::new("T", 1)).await;
    client.refusal(Pull::new("none", 0).request()).await;

    let sampled = |page: &Value| page["samples"].as_array().unwrap().len() > 1;
    let overview = once(&http, "/api/v1/overview", sampled).await;
    assert_eq!(overview["now"]["requests"], json!(4), "{overview}");
    assert_eq!(overview["now"]["errors"], json!(1), "{overview}");
    for (name, expected) in [("upstreams", 1), ("upstreams_down", 0), ("brokers", 1)] {
        assert_eq!(overview[name], json!(expected), "{overview}");
    }
    let since = format!("/api/v1/overview?since={}", i64::MAX);
    assert_eq!(http.ok(&since).await["samples"], json!([]));

    let main = http.ok("/api/v1/upstreams/main").await;
    let names = broker.name_server_addr().to_string();
    assert_eq!((&main["name_servers"], &main["reachable"]), (&json!([names]), &json!(true)));
    assert_eq!(main["listens"], json!(served.names));
    assert!(main["answered"].as_i64() > Some(0) && main["requests"] == 4, "{main}");
    let inside = broker.broker_addr().to_string();
    let expected = json!({
        "name": "broker-a", "id": 0, "address": inside, "advertised": served.broker,
        "clients": 1, "connections": 1, "reachable": true,
    });
    assert_eq!(main["items"], json!([expected]));

    let _more = [served.client().await, Peer::connect(&served.names).await];
    let all = |page: &Value| page["items"].as_array().unwrap().len() == 3;
    let list = once(&http, "/api/v1/connections", all).await;
    let first = &list["items"][0];
    assert_eq!(first["address"], json!(client.channel.local_addr().to_string()));
    assert_eq!((&first["client"], &first["target"]), (&json!("client-1"), &json!("broker-a/0")));
    assert_eq!((&first["produces"], &first["consumes"]), (&json!(["p"]), &json!(["g"])));
    assert!(first["since"].as_i64() > Some(0), "{first}");
    assert!(column(&list, "target").contains(&&json!("name-server")), "{list}");
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = http.ok(&format!("/api/v1/connections?page_size=2{after}")).await;
        ids.extend(column(&page, "id").into_iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(ids.iter().collect::<Vec<_>>(), column(&list, "id"));
}

#[tokio::test]
async fn a_cluster_that_is_down_is_told_and_the_console_answers() {
    let broker = broker().await;
    let (served, http) = start(&format!("{}{CONSOLE}", settings(&broker))).await;
    served.client().await.send("T", 0, "text").await;
    broker.shutdown().await.unwrap();
    let refused = served.client().await.refusal(Pull::new("T", 0).request()).await;
    assert_eq!(refused.0, ResponseCode::SERVICE_NOT_AVAILABLE);
    let main = once(&http, "/api/v1/upstreams/main", |page| page["reachable"] == false).await;
    assert_eq!(column(&main, "reachable"), [&json!(false)], "{main}");
    assert_eq!(column(&main, "connections"), [&json!(0)], "{main}");
    let overview = http.ok("/api/v1/overview").await;
    assert_eq!((&overview["upstreams_down"], &overview["brokers"]), (&json!(1), &json!(1)));
    for path in PATHS {
        http.ok(&format!("/api/v1{path}")).await;
    }
}

#[tokio::test]
async fn policies_are_listed_and_refusals_are_counted() {
    let broker = broker().await;
    let policies = "[[authorize]]\ndeny = \"no archives\"\ntopics = [\"archive*\"]\n\
                    actions = [\"send\"]\n\
                    [[authorize]]\nallow = \"all else\"\n\
                    [[quota]]\nof = \"sends\"\nby = \"topic\"\nonly = [\"logs_*\"]\n\
                    messages = 1000\nmessage-burst = 5000\n\
                    [trace]\nevery = 100\n";
    let (served, http) = start(&format!("{}{policies}{CONSOLE}", settings(&broker))).await;
    let client = served.client().await;
    let refused = client.refusal(message("archive", 0, &[], "text")).await;
    assert_eq!(refused.0, ResponseCode::NO_PERMISSION);

    let page = http.ok("/api/v1/policies").await;
    let on = page["layers"].as_array().unwrap().iter().filter(|layer| layer["on"] == true);
    let on: Vec<_> = on.map(|layer| layer["name"].as_str().unwrap()).collect();
    assert_eq!(on, ["trace", "authorize", "quota"]);
    assert_eq!(page["refused"], json!({ "no_permission": 1 }));
    let expected = [
        ("trace", "every", "100"),
        ("authorize", "rule 1", "deny \"no archives\": actions send; topics archive*"),
        ("authorize", "rule 2", "allow \"all else\""),
        ("quota", "quota 1", "sends by topic, only logs_*: 1000 messages per second, 5000 at once"),
    ];
    let row = |(policy, name, value)| json!({ "policy": policy, "name": name, "value": value });
    assert_eq!(page["items"], Value::from_iter(expected.map(row)));
    let second = http.ok("/api/v1/policies?page_size=1&after=0").await;
    assert_eq!((column(&second, "name"), &second["next"]), (vec![&json!("rule 1")], &json!("1")));
}

#[tokio::test]
async fn the_settings_in_force_are_told_and_how_they_were_read_again() {
    let broker = broker().await;
    let plain = format!("{}{CONSOLE}", settings(&broker));
    let (mut served, http) = start(&plain).await;
    let page = http.ok("/api/v1/settings").await;
    assert_eq!(page["reload"], Value::Null);
    let find = |page: &Value, name: &str| {
        let items = page["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["name"] == name);
        item.unwrap_or_else(|| panic!("no {name}: {page}"))["value"].clone()
    };
    assert_eq!(find(&page, "max-connections"), json!("1000"));
    assert_eq!(find(&page, "console.hosts"), json!("mq.example"));
    let names = broker.name_server_addr().to_string();
    assert_eq!(find(&page, "upstream.main.name-servers"), json!(names));

    served
        .reload(&format!("max-mib = 1\nlog = \"warn,rocketmq_tower_gateway=info\"\n{plain}"))
        .await;
    let page = once(&http, "/api/v1/settings", |page| !page["reload"].is_null()).await;
    let reload = &page["reload"];
    assert_eq!((&reload["ok"], &reload["needs_restart"]), (&json!(true), &json!(["max-mib"])));
    assert_eq!(find(&page, "max-mib"), json!("256"));
    assert_eq!(find(&page, "log"), json!("warn,rocketmq_tower_gateway=info"));

    served.reload(&format!("{plain}[nonsense]\n")).await;
    let page = once(&http, "/api/v1/settings", |page| page["reload"]["ok"] == false).await;
    assert!(page["reload"]["error"].as_str().unwrap().contains("gateway.toml"), "{page}");
}

#[tokio::test]
async fn no_secret_is_told() {
    let folder = Folder::new();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let authority = SelfSigned::new().unwrap();
    let issued = authority.issue(["127.0.0.1"]).unwrap();
    write("server.pem", issued.certificate_pem());
    write("server.key", issued.key_pem());
    write("accounts.toml", "alice = \"hidden-account\"\n");
    write("keys.toml", "access-key = \"gateway\"\nsecret-key = \"hidden-key\"\n");
    let broker = broker().await;
    let settings = format!(
        "{}credentials = \"keys.toml\"\n[acl]\naccounts = \"accounts.toml\"\n\
         [namespace]\noperators = [\"alice\"]\ntenants = {{ bob = \"shop\" }}\n\
         [tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n\
         {CONSOLE}password = \"hidden-password\"\n",
        upstream(&broker.name_server_addr().to_string())
    );
    let (mut served, http) = start_in(folder, &settings).await;
    let basic = format!("Basic {}", STANDARD.encode(":hidden-password"));
    let http = http.with(&[("Authorization", &basic)]);
    let key_line = issued.key_pem().lines().nth(1).unwrap();
    let check = async || {
        for path in PATHS {
            let text = http.ok(&format!("/api/v1{path}")).await.to_string();
            assert!(!text.contains("hidden") && !text.contains(key_line), "{path}: {text}");
        }
    };
    check().await;
    let page = http.ok("/api/v1/settings").await.to_string();
    assert!(
        page.contains("keys.toml") && page.contains(r#""console.password","value":"set""#),
        "{page}"
    );

    // Errors quote the lines of files.
    for bad in [format!("{settings}hosts = 1\n"), format!("{settings}x = \"hidden\n")] {
        let line = served.reload(&bad).await;
        assert!(line.contains("the settings stay as they are"), "{line}");
        check().await;
    }
    let accounts = served.folder.path().join("accounts.toml");
    fs::write(accounts, "alice = \"hidden-account\nbob = 1\n").unwrap();
    let line = served.reload(&settings).await;
    assert!(line.contains("the settings stay as they are"), "{line}");
    check().await;
    let reload = http.ok("/api/v1/settings").await["reload"].clone();
    assert!(reload["error"].as_str().unwrap().contains("accounts.toml"), "{reload}");
}
