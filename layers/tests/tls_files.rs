//! `tls`: certificates in files, good, bad, and replaced.
#![cfg(all(feature = "tls-reload", feature = "tls-self-signed"))]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection, driver};
use rocketmq_tower_layers::TlsLayer;
use rocketmq_tower_layers::tls::rustls::pki_types::ServerName;
use rocketmq_tower_layers::tls::{
    ClientTls, Issued, PemFiles, SelfSigned, ServerTls, TlsConfigError,
};
use rocketmq_tower_test_support::{Folder, sleeper};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower::{Service, ServiceBuilder, service_fn};

/// A folder with a certificate, a key and an authority.
struct Certificates {
    folder: Folder,
    authority: SelfSigned,
}

impl Certificates {
    fn new(name: &str) -> Self {
        let folder = Folder::new(&format!("tls-files-{name}"));
        let this = Self { folder, authority: SelfSigned::new().expect("made") };
        this.write("ca.pem", this.authority.certificate_pem());
        this.put(&this.issue());
        this
    }

    fn issue(&self) -> Issued {
        self.authority.issue(["localhost"]).expect("issued")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.file(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        self.folder.write(name, text);
    }

    fn put(&self, issued: &Issued) {
        self.write("server.pem", issued.certificate_pem());
        self.write("server.key", issued.key_pem());
    }

    fn files(&self) -> PemFiles {
        PemFiles::new(self.file("server.pem"), self.file("server.key"))
    }

    fn client(&self) -> ClientTls {
        ClientTls::from_roots_pem(self.authority.certificate_pem()).expect("sound")
    }
}

/// The certificate that the server presents.
async fn shown(server: &ServerTls, client: &ClientTls) -> io::Result<Vec<u8>> {
    let layer = TlsLayer::new(server.clone());
    let mut service = ServiceBuilder::new().layer(layer).service(driver(service_fn(sleeper)));
    let (peer, conn) = connection();
    let life = tokio::spawn(service.call(conn));
    let name = ServerName::try_from("localhost").expect("a name");
    let connecting = TlsConnector::from(Arc::clone(client.config())).connect(name, peer);
    let mut stream = connecting.await?;
    let shown = stream.get_ref().1.peer_certificates().expect("it has one")[0].to_vec();
    // In TLS 1.3, the client completes the handshake before the server has its certificate.
    let mut byte = [0; 1];
    let refused = timeout(Duration::from_millis(50), stream.read(&mut byte)).await;
    life.abort();
    match refused {
        Ok(Err(error)) => Err(error),
        _ => Ok(shown),
    }
}

fn der(issued: &Issued) -> Vec<u8> {
    use rocketmq_tower_layers::tls::rustls::pki_types::CertificateDer;
    use rocketmq_tower_layers::tls::rustls::pki_types::pem::PemObject;
    let pem = issued.certificate_pem().as_bytes();
    CertificateDer::from_pem_slice(pem).expect("sound").to_vec()
}

/// Waits until the server presents this certificate.
async fn comes_to_show(server: &ServerTls, client: &ClientTls, issued: &Issued) {
    let coming = async {
        while shown(server, client).await.expect("trusted") != der(issued) {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), coming).await.expect("it is replaced");
}

#[tokio::test]
async fn clients_need_a_certificate_or_not() {
    let folder = Certificates::new("clients");
    let (plain, issued) = (folder.client(), folder.issue());
    let known = plain.clone().identity_pem(issued.certificate_pem(), issued.key_pem());
    let known = known.expect("sound");
    let stranger = SelfSigned::new().expect("made").issue(["localhost"]).expect("issued");
    let stranger = plain.clone().identity_pem(stranger.certificate_pem(), stranger.key_pem());
    let stranger = stranger.expect("sound");
    let authorities = folder.file("ca.pem");
    let server = |files| ServerTls::from_files(files).expect("sound");
    for (server, outcomes) in [
        (server(folder.files()), [true, true, true]),
        (server(folder.files().ask_client_certificates(&authorities)), [true, true, false]),
        (server(folder.files().require_client_certificates(&authorities)), [false, true, false]),
    ] {
        for (client, is_served) in [&plain, &known, &stranger].into_iter().zip(outcomes) {
            let shown = shown(&server, client).await;
            assert_eq!(shown.is_ok(), is_served, "{server:?}: {shown:?}");
        }
    }
}

#[test]
fn bad_files_are_named() {
    let folder = Certificates::new("bad");
    let error = |files: PemFiles| ServerTls::from_files(files).expect_err("bad files");
    let missing = PemFiles::new(folder.file("nothing.pem"), folder.file("server.key"));
    assert!(
        matches!(error(missing), TlsConfigError::Read { path, .. } if path.ends_with("nothing.pem"))
    );

    let good = fs::read(folder.file("server.pem")).expect("readable");
    for (file, text, expected) in [
        ("server.pem", &b""[..], "server.pem holds no certificate"),
        ("server.pem", &good[..good.len() / 2], "server.pem is not PEM: a section has no end"),
        (
            "server.pem",
            b"-----BEGIN CERTIFICATE-----\nAA??\n-----END CERTIFICATE-----\n",
            "is not PEM: a section is not Base64",
        ),
        (
            "server.pem",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "can't be used",
        ),
        ("server.key", b"", "server.key holds no private key"),
        (
            "server.key",
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "server.key holds no private key that is not encrypted",
        ),
        ("ca.pem", b"", "ca.pem holds no certificate"),
    ] {
        let before = fs::read(folder.file(file)).expect("readable");
        folder.write(file, text);
        let files = folder.files().require_client_certificates(folder.file("ca.pem"));
        let text = error(files).to_string();
        assert!(text.ends_with(expected), "{text:?}, not {expected:?}");
        folder.write(file, before);
    }
    folder.write("server.key", folder.issue().key_pem());
    assert!(matches!(error(folder.files()), TlsConfigError::Mismatch));
}

#[tokio::test]
async fn files_are_read_again_when_asked_to() {
    let folder = Certificates::new("reload");
    let (server, client) = (ServerTls::from_files(folder.files()).expect("sound"), folder.client());
    let old = shown(&server, &client).await.expect("trusted");
    assert!(!server.reload().expect("sound"), "nothing has changed");

    let new = folder.issue();
    folder.write("server.pem", new.certificate_pem());
    assert!(matches!(server.reload(), Err(TlsConfigError::Mismatch)), "half of it");
    assert_eq!(shown(&server, &client).await.expect("trusted"), old);
    folder.write("server.key", new.key_pem());
    assert!(server.reload().expect("sound"));
    assert_eq!(shown(&server, &client).await.expect("trusted"), der(&new), "no session of before");

    fs::remove_file(folder.file("server.key")).expect("deleted");
    assert!(matches!(server.reload(), Err(TlsConfigError::Read { .. })));
    assert_eq!(shown(&server, &client).await.expect("trusted"), der(&new));
    let given = folder.issue().server().expect("sound");
    assert!(!given.reload().expect("no files"));
}

#[tokio::test]
async fn files_that_change_are_read_again() {
    let folder = Certificates::new("watch");
    let server = ServerTls::from_files(folder.files()).and_then(ServerTls::watch).expect("watched");
    let client = folder.client();
    // The files are overwritten, one after the other.
    let first = folder.issue();
    folder.put(&first);
    comes_to_show(&server, &client, &first).await;
    // Invalid files do no harm, and valid ones are loaded afterwards.
    folder.write("server.pem", "nonsense");
    folder.write("server.key", "nonsense");
    assert!(server.reload().is_err());
    assert_eq!(shown(&server, &client).await.expect("trusted"), der(&first));
    // New files are renamed over the old ones.
    let second = folder.issue();
    folder.write("new.pem", second.certificate_pem());
    folder.write("new.key", second.key_pem());
    for kind in ["pem", "key"] {
        let [from, to] = ["new", "server"].map(|name| folder.file(&format!("{name}.{kind}")));
        fs::rename(from, to).expect("renamed");
    }
    comes_to_show(&server, &client, &second).await;
}

/// Kubernetes does this: the files are links into a folder that is itself a link, and that link is
/// replaced.
#[cfg(unix)]
#[tokio::test]
async fn links_that_change_are_followed() {
    use std::os::unix::fs::symlink;
    let folder = Certificates::new("links");
    let link = |from: &Path, to: &str| symlink(from, folder.file(to)).expect("linked");
    let issued = [folder.issue(), folder.issue()];
    for (issued, version) in issued.iter().zip(["v1", "v2"]) {
        fs::create_dir(folder.file(version)).expect("a folder");
        folder.write(&format!("{version}/tls.crt"), issued.certificate_pem());
        folder.write(&format!("{version}/tls.key"), issued.key_pem());
    }
    link(Path::new("v1"), "data");
    link(Path::new("data/tls.crt"), "tls.crt");
    link(Path::new("data/tls.key"), "tls.key");
    let files = PemFiles::new(folder.file("tls.crt"), folder.file("tls.key"));
    let server = ServerTls::from_files(files).and_then(ServerTls::watch).expect("watched");
    comes_to_show(&server, &folder.client(), &issued[0]).await;
    link(Path::new("v2"), "data_new");
    let renamed = fs::rename(folder.file("data_new"), folder.file("data"));
    renamed.expect("renamed");
    comes_to_show(&server, &folder.client(), &issued[1]).await;
}

#[test]
fn a_watch_ends_with_the_settings() {
    let folder = Certificates::new("dropped");
    let missing = PemFiles::new("/no such folder/a.pem", "/no such folder/a.key");
    assert!(ServerTls::from_files(missing).is_err());
    let server = ServerTls::from_files(folder.files()).expect("sound");
    let clone = server.clone().watch().expect("watched");
    drop(server);
    drop(clone);
    folder.put(&folder.issue());
    // Without files there is nothing to watch.
    assert!(folder.issue().server().and_then(ServerTls::watch).is_ok());
}
