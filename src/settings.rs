//! The operator's settings of a registration, with the certificate authority they name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use domain::id::BankId;

use crate::connectors::bank::host_and_port;
use crate::connectors::banks::{self, Opened};
use crate::connectors::registrar::Registrar;
use crate::connectors::settings::SettingsError;
use crate::connectors::transport::{
    ClientIdentity, Report, Transport, TransportError, TransportOptions,
};
use crate::connectors::{Bank, IssuedCertificate};
use crate::vault::crypto::sha256_hex;
use crate::world::Clock;

/// Largest settings or certificate file, in bytes.
const LARGEST_FILE: u64 = 256 * 1024;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file cannot be read.
    #[error("{path} cannot be read: {cause}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A file is too large.
    #[error("{0} is larger than {LARGEST_FILE} bytes")]
    TooLarge(PathBuf),
    /// The settings are wrong.
    #[error("{path}: {cause}")]
    Settings {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: SettingsError,
    },
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Not named by programs that knew one bank.
    #[serde(default = "only_bank")]
    bank_id: BankId,
    json: String,
    ca_pem: Option<String>,
}

fn only_bank() -> BankId {
    BankId("op".to_owned())
}

/// Settings that have been checked.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct RegistrationFile {
    json: String,
    ca_pem: Option<String>,
    opened: Opened,
}

impl TryFrom<Kept> for RegistrationFile {
    type Error = SettingsError;
    fn try_from(kept: Kept) -> Result<Self, SettingsError> {
        Self::parse(&kept.bank_id, kept.json, kept.ca_pem)
    }
}

impl From<RegistrationFile> for Kept {
    fn from(file: RegistrationFile) -> Self {
        Self { bank_id: file.opened.bank.id, json: file.json, ca_pem: file.ca_pem }
    }
}

impl RegistrationFile {
    /// Reads a settings file; a `ca_certificate` in it is taken relative to the file.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read(bank_id: &BankId, path: &Path) -> Result<Self, FileError> {
        let mut json = read(path)?;
        let wrong = |cause| FileError::Settings { path: path.to_owned(), cause };
        let opened = banks::find(bank_id).and_then(|profile| profile.open(&json)).map_err(wrong)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let files = opened.registrar.files();
        if !files.is_empty() {
            json = with_files(&json, files, folder)?;
        }
        let ca_pem = match opened.registrar.ca_certificate() {
            Some(name) => Some(read(&folder.join(name))?),
            None => None,
        };
        Self::parse(bank_id, json, ca_pem).map_err(wrong)
    }

    /// Takes settings as text, with the certificate authority beside them.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn parse(
        bank_id: &BankId,
        json: String,
        ca_pem: Option<String>,
    ) -> Result<Self, SettingsError> {
        let opened = banks::find(bank_id)?.open(&json)?;
        let file = Self { json, ca_pem, opened };
        match file.redirect_uri() {
            Some(_) => Ok(file),
            None => Err(SettingsError::OwnRedirectUri(bank_id.0.clone())),
        }
    }

    /// How this platform becomes a client of the bank.
    #[must_use]
    pub fn registrar(&self) -> &dyn Registrar {
        &*self.opened.registrar
    }

    /// The bank they lead to.
    #[must_use]
    pub fn bank(&self) -> &Bank {
        &self.opened.bank
    }

    /// The redirect address that is this bank's alone.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        let ending = format!("/callback/{}", self.bank().id);
        let mut uris = self.registrar().redirect_uris().iter();
        uris.find(|uri| uri.ends_with(&ending)).map(String::as_str)
    }

    /// SHA-256 (hex) of the settings without the API key and the private key.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut value: serde_json::Value = serde_json::from_str(&self.json).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("api_key");
            fields.remove("private_key");
        }
        sha256_hex(value.to_string().as_bytes())
    }

    /// The way to the bank, showing a certificate where there is one.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn transport(
        &self,
        bank: &Bank,
        identity: Option<&IssuedCertificate>,
        clock: &Clock,
        report: Option<Report>,
    ) -> Result<Transport, TransportError> {
        let clock = clock.clone();
        Transport::new(TransportOptions {
            extra_root_pem: self.ca_pem.clone(),
            client_identity: identity.map(|issued| ClientIdentity {
                certificate_chain_der: vec![issued.certificate.der.clone()],
                private_key_pkcs8: issued.key.pkcs8().clone(),
            }),
            allowed_hosts: {
                let further = self.registrar().further_addresses();
                let further = further.iter().filter_map(|url| host_and_port(url));
                bank.allowed_hosts().into_iter().chain(further).collect()
            },
            revocation: bank.revocation,
            report,
            clock: Arc::new(move || clock.now()),
        })
    }
}

/// Settings with the text of each file in the place of its path.
fn with_files(json: &str, files: &[&str], folder: &Path) -> Result<String, FileError> {
    let mut value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    for name in files {
        if let Some(path) = value[*name].as_str() {
            value[*name] = read(&folder.join(path))?.into();
        }
    }
    Ok(value.to_string())
}

fn read(path: &Path) -> Result<String, FileError> {
    let failed = |cause| FileError::Read { path: path.to_owned(), cause };
    if std::fs::metadata(path).map_err(failed)?.len() > LARGEST_FILE {
        return Err(FileError::TooLarge(path.to_owned()));
    }
    std::fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::BankError;
    use crate::connectors::exchange::{BankRequest, Endpoint, Method};

    /// N58, at the way every bank is really called: what `opl register` and `opl serve` make of settings.
    #[tokio::test]
    async fn a_bank_s_settings_lead_to_public_addresses_or_to_this_machine() {
        let json = include_str!("../conf/nordvik.json");
        let lead_to = async |host: &str| {
            let json = json.replace("https://localhost", &format!("https://{host}"));
            let id = BankId("nordvik".to_owned());
            let file = RegistrationFile::parse(&id, json, None).expect("settings");
            let transport = file.transport(file.bank(), None, &Clock::real(), None);
            let url = format!("{}/accounts", file.bank().accounts_url);
            let mut request = BankRequest::new(Method::Get, url, Endpoint::Keys);
            request.client_certificate = false;
            let transport = transport.expect("a transport");
            transport.send_once(&request, true).await.map(|_| ()).expect_err("no answer")
        };
        for host in ["10.1.2.3", "192.168.1.1", "169.254.169.254", "[fd00::1]"] {
            assert_eq!(lead_to(host).await, BankError::HostNotAllowed, "{host}");
        }
        // Nobody listens; it was called.
        for host in ["localhost", "127.0.0.1"] {
            assert_ne!(lead_to(host).await, BankError::HostNotAllowed, "{host}");
        }
    }
}
