//! Certificates for tests.

use rocketmq_tower::client::transport::TlsTransport;
use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::layers::tls::{ClientTls, Issued, PemFiles, SelfSigned};
use std::fs;
use std::path::PathBuf;

/// An authority, and a folder for the files of a server with one of its certificates; deleted at
/// the end.
pub(crate) struct Certificates {
    pub(crate) authority: SelfSigned,
    path: PathBuf,
}

impl Certificates {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tls-{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        let certificates = Self { authority: SelfSigned::new().expect("made"), path };
        fs::write(certificates.path.join("ca.pem"), certificates.authority.certificate_pem())
            .expect("written");
        certificates.replace();
        certificates
    }

    pub(crate) fn issue(&self) -> Issued {
        self.authority.issue(["127.0.0.1", "localhost"]).expect("issued")
    }

    /// Puts a new certificate in the place of the server's.
    pub(crate) fn replace(&self) {
        let issued = self.issue();
        for (file, text) in
            [("server.pem", issued.certificate_pem()), ("server.key", issued.key_pem())]
        {
            fs::write(self.path.join(file), text).expect("written");
        }
    }

    pub(crate) fn files(&self) -> PemFiles {
        PemFiles::new(self.path.join("server.pem"), self.path.join("server.key"))
    }

    /// For `require_client_certificates` and the like.
    pub(crate) fn roots(&self) -> PathBuf {
        self.path.join("ca.pem")
    }

    /// A client that trusts the authority.
    pub(crate) fn client_tls(&self) -> ClientTls {
        ClientTls::from_roots_file(self.roots()).expect("sound")
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.path);
    }
}

pub(crate) fn client(tls: ClientTls) -> Client {
    Client::builder().connector(Connector::new().transport(TlsTransport::new(tls))).build()
}
