//! The check of settings, and those of the documents.

use crate::process::command;
use crate::support::folder::Folder;
use crate::support::soon;
use rocketmq_tower::layers::tls::SelfSigned;
use std::fs;
use std::path::Path;

/// Checks the settings of a file, and returns whether they are valid, and what is wrong.
async fn check(folder: &Path, settings: &str, options: &[&str]) -> Result<(), String> {
    fs::write(folder.join("gateway.toml"), settings).unwrap();
    let mut command = command(folder);
    command.args(["--config", "gateway.toml", "--check"]).args(options);
    let output = soon(command.output()).await.unwrap();
    match output.status.code() {
        Some(0) => Ok(()),
        Some(1) => Err(String::from_utf8(output.stderr).unwrap()),
        code => panic!("{code:?}: {output:?}"),
    }
}

/// Writes the files that the documents name.
fn write_files(folder: &Path) {
    let authority = SelfSigned::new().unwrap();
    let issued = authority.issue(["mq.example.com"]).unwrap();
    for (name, text) in [
        ("server.pem", issued.certificate_pem()),
        ("server.key", issued.key_pem()),
        ("ca.pem", &authority.certificate_pem()),
        ("accounts.toml", "shop = \"12345678\"\n"),
        ("credentials.toml", "access-key = \"gateway\"\nsecret-key = \"12345678\"\n"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}

#[tokio::test]
async fn the_settings_in_the_documents_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new();
    write_files(folder.path());
    let mut checked = 0;
    for document in ["README.md", "../docs/guides/gateway.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        for block in text.split("```toml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            // A recipe need not repeat the cluster.
            let options = match block.contains("[[upstream]]") {
                true => &[][..],
                false => &["--upstream", "10.0.0.1:9876"],
            };
            check(folder.path(), block, options)
                .await
                .unwrap_or_else(|error| panic!("{block}\n{error}"));
            checked += 1;
        }
    }
    assert!(checked >= 6, "only {checked} blocks");
}

#[tokio::test]
async fn errors_name_the_file_and_the_key() {
    let upstream = "[[upstream]]\nname-servers = [\"10.0.0.1:9876\"]\n";
    let folder = Folder::new();
    for (settings, parts) in [
        ("adverties = \"h\"\n", ["gateway.toml", "adverties"]),
        ("[[upstream]]\nname-server = \"10.0.0.1:9876\"\n", ["gateway.toml", "name-server"]),
        ("max-mib = \"much\"\n", ["gateway.toml", "max-mib"]),
        ("", ["no name server", ""]),
        (&format!("broker-ports = \"9-1\"\n{upstream}"), ["broker-ports", "9-1"]),
        (&format!("bind = \"0.0.0.0\"\n{upstream}"), ["advertised", ""]),
        (&format!("{upstream}{upstream}"), ["main", ""]),
        (&format!("{upstream}brokers = {{ a = 1 }}\n"), ["brokers", "NAME/ID"]),
        (&format!("{upstream}credentials = \"none.toml\"\n"), ["none.toml", ""]),
        (&format!("{upstream}tls = {{}}\n"), ["upstream.tls", "ca"]),
        (&format!("{upstream}[tls]\ncertificate = \"c.pem\"\nkey = \"k\"\n"), ["tls", "c.pem"]),
        (
            &format!("{upstream}[[quota]]\nof = \"sends\"\nby = \"topic\"\n"),
            ["gateway.toml", "messages"],
        ),
        (
            &format!("{upstream}[[quota]]\nof = \"sends\"\nby = \"queue\"\n"),
            ["gateway.toml", "queue"],
        ),
        (&format!("{upstream}[audit]\nactions = [\"delete\"]\n"), ["delete", "admin-topic"]),
        (&format!("{upstream}[proxy-protocol]\ntrust = [\"10/8\"]\n"), ["gateway.toml", "10/8"]),
        (&format!("log = \"loud\"\n{upstream}"), ["log", "loud"]),
        (
            &format!("{upstream}[console]\nlisten = \"127.0.0.1:0\"\npassword = \"@none\"\n"),
            ["the password of the console", "none"],
        ),
    ] {
        let error = check(folder.path(), settings, &[]).await.expect_err(settings);
        assert!(error.starts_with("error: "), "{error}");
        assert!(parts.iter().all(|part| error.contains(part)), "{settings}\n{error}");
    }
    check(folder.path(), upstream, &[]).await.unwrap();
}

#[tokio::test]
async fn options_come_before_the_file() {
    let folder = Folder::new();
    write_files(folder.path());
    let options = [
        "--upstream=10.0.0.1:9876;10.0.0.2:9876",
        "--listen=0.0.0.0:9876",
        "--advertise=mq.example.com",
        "--brokers=a/0=10911,b/0=10921",
        "--no-slaves",
        "--proxy-protocol",
        "--credentials=credentials.toml",
        "--upstream-ca=ca.pem",
        "--tls-certificate=server.pem",
        "--tls-key=server.key",
        "--tls-client-ca=ca.pem",
        "--accounts=accounts.toml",
        "--trust-proxies=10.0.0.0/8,127.0.0.1",
        "--health=0.0.0.0:8080",
        "--console=127.0.0.1:8081",
        "--console-password=open sesame",
        "--console-host=mq.example.com",
        "--no-metrics",
        "--log=warn,rocketmq_tower::trace=info",
    ];
    let file = "log = \"loud\"\n[[upstream]]\nname-servers = []\n";
    check(folder.path(), file, &options).await.unwrap();
    let error = check(folder.path(), file, &["--log=info"]).await.unwrap_err();
    assert!(error.contains("no name server"), "{error}");
}

#[tokio::test]
async fn completions_and_the_manual_page_are_printed() {
    let folder = Folder::new();
    for (option, has) in [
        ("--completions=bash", "-o default rocketmq-tower-gateway"),
        ("--man", ".TH rocketmq-tower-gateway 1"),
    ] {
        let output = soon(command(folder.path()).arg(option).output()).await.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(has) && text.contains("upstream"), "{option}: no {has} in {text}");
    }
}
