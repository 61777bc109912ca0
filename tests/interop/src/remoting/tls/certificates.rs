//! Certificate files for both sides.

use rocketmq_tower::BoxError;
use rocketmq_tower::layers::tls::{PemFiles, SelfSigned};
use std::fs;
use std::path::PathBuf;

/// A folder of certificates: `ca.pem` has issued `server` and `client`, `other.pem` has issued
/// `untrusted` and `stranger`. Dropping it deletes the folder.
pub(crate) struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    pub(crate) fn new() -> Result<Self, BoxError> {
        let folder = std::env::temp_dir().join(format!("interop-tls-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let certificates = Self { folder };
        for (authority, names) in
            [("ca.pem", ["server", "client"]), ("other.pem", ["untrusted", "stranger"])]
        {
            let signed = SelfSigned::new()?;
            fs::write(certificates.folder.join(authority), signed.certificate_pem())?;
            for name in names {
                let issued = signed.issue(["localhost", "127.0.0.1"])?;
                fs::write(certificates.path(name, "pem"), issued.certificate_pem())?;
                fs::write(certificates.path(name, "key"), issued.key_pem())?;
            }
        }
        Ok(certificates)
    }

    pub(crate) fn folder(&self) -> &str {
        self.folder.to_str().unwrap_or_default()
    }

    pub(crate) fn path(&self, name: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{name}.{extension}"))
    }

    pub(crate) fn files(&self, name: &str) -> PemFiles {
        PemFiles::new(self.path(name, "pem"), self.path(name, "key"))
    }

    /// Gives the first the certificate and the key of the second.
    pub(crate) fn copy(&self, to: &str, from: &str) -> Result<(), BoxError> {
        for extension in ["pem", "key"] {
            fs::copy(self.path(from, extension), self.path(to, extension))?;
        }
        Ok(())
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}
