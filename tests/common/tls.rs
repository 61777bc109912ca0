//! Certificates for tests.

use rocketmq_tower::client::transport::TlsTransport;
use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::layers::tls::{ClientTls, Issued, PemFiles, SelfSigned};
use rocketmq_tower_test_support::Folder;
use std::path::PathBuf;

/// An authority, and the files of a server with a certificate from it.
pub(crate) struct Certificates {
    pub(crate) authority: SelfSigned,
    folder: Folder,
}

impl Certificates {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Folder::new(&format!("tls-{name}"));
        let certificates = Self { authority: SelfSigned::new().expect("made"), folder };
        certificates.folder.write("ca.pem", certificates.authority.certificate_pem());
        certificates.replace();
        certificates
    }

    pub(crate) fn issue(&self) -> Issued {
        self.authority.issue(["127.0.0.1", "localhost"]).expect("issued")
    }

    /// Replaces the server's certificate with a new one.
    pub(crate) fn replace(&self) {
        let issued = self.issue();
        self.folder.write("server.pem", issued.certificate_pem());
        self.folder.write("server.key", issued.key_pem());
    }

    pub(crate) fn files(&self) -> PemFiles {
        PemFiles::new(self.folder.file("server.pem"), self.folder.file("server.key"))
    }

    /// The authority's file, for `require_client_certificates` and the like.
    pub(crate) fn roots(&self) -> PathBuf {
        self.folder.file("ca.pem")
    }

    /// Returns a client that trusts the authority.
    pub(crate) fn client_tls(&self) -> ClientTls {
        ClientTls::from_roots_file(self.roots()).expect("sound")
    }
}

pub(crate) fn client(tls: ClientTls) -> Client {
    Client::builder().connector(Connector::new().transport(TlsTransport::new(tls))).build()
}
