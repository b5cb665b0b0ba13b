//! The settings of an application with the aggregator: its identifier, its key, and the certificate that was
//! uploaded when it was made there.

use domain::tpp_registration::Step;
use serde::Deserialize;

use crate::connectors::bank::Bank;
use crate::connectors::certificate::{Certificate, CertificateProblem};
use crate::connectors::exchange::{BankAnswer, BankRequest};
use crate::connectors::jose::{JoseError, SigningKey};
use crate::connectors::pem;
use crate::connectors::registrar::{
    IssuedCertificate, IssuedCertificates, RegisteredClient, Registrar, RegistrationError,
};
use crate::connectors::secret::Secret;
use crate::connectors::settings::{SettingsError, browser_address, check_filled, from_json, https};

/// What an operator says. Unknown keys are refused by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The application's identifier in the aggregator's control panel.
    pub application_id: String,
    /// The path of its private key (RSA, PKCS #8, PEM); the text itself once the file was read.
    pub private_key: Secret,
    /// The path of the certificate that was uploaded there (PEM); the text itself once the file was read.
    pub certificate: String,
    /// Where the bank may send people back to: what the control panel lists.
    pub redirect_uris: Vec<String>,
    /// The base of the interface, where it is not the public one.
    #[serde(default)]
    pub api_url: Option<String>,
    /// Where the aggregator sends browsers, where that is not the public place: scheme, host and port.
    #[serde(default)]
    pub browser_origin: Option<String>,
    /// The path of a further root certificate (PEM), for a sandbox of one's own.
    #[serde(default)]
    pub ca_certificate: Option<String>,
}

impl Settings {
    /// Reads settings and checks them.
    ///
    /// # Errors
    /// [`SettingsError`] names the key that is wrong.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let settings: Self = from_json(json)?;
        let texts = [
            ("application_id", settings.application_id.as_str()),
            ("private_key", settings.private_key.expose()),
            ("certificate", settings.certificate.as_str()),
        ];
        check_filled(&texts, &settings.redirect_uris)?;
        if let Some(url) = &settings.api_url {
            https("api_url", url)?;
        }
        if let Some(origin) = &settings.browser_origin {
            browser_address("browser_origin", origin)?;
        }
        Ok(settings)
    }

    /// The key under the application's name, with its certificate.
    fn issued(&self, bank: &Bank) -> Result<IssuedCertificate, RegistrationError> {
        let der = pem::read(self.private_key.expose(), pem::PRIVATE_KEY);
        let der = der.ok_or(JoseError::Inconsistent)?;
        let key = SigningKey::from_pkcs8(&*self.application_id, bank.signing_algorithm, der)?;
        let der = pem::read(&self.certificate, pem::CERTIFICATE);
        let certificate = Certificate::parse(der.ok_or(CertificateProblem::Malformed)?.expose())?;
        certificate.check_key(&key)?;
        Ok(IssuedCertificate { key, certificate })
    }
}

impl Registrar for Settings {
    /// The aggregator has the licence.
    fn roles(&self) -> &[String] {
        &[]
    }

    fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    fn ca_certificate(&self) -> Option<&str> {
        self.ca_certificate.as_deref()
    }

    fn files(&self) -> &'static [&'static str] {
        &["private_key", "certificate"]
    }

    fn steps(&self) -> &'static [Step] {
        &[Step::Certificates, Step::Validation]
    }

    fn brings_certificates(&self) -> bool {
        true
    }

    fn certificate_request(&self, _bank: &Bank) -> Result<BankRequest, RegistrationError> {
        Err(RegistrationError::NoSuchStep)
    }

    /// The operator's own, whatever the answer. One key does both: there is no mutual TLS.
    fn read_certificates(
        &self,
        bank: &Bank,
        _answer: &BankAnswer,
    ) -> Result<IssuedCertificates, RegistrationError> {
        Ok(IssuedCertificates {
            tpp_id: self.application_id.clone(),
            public_jwks_url: String::new(),
            qwac: self.issued(bank)?,
            qseal: self.issued(bank)?,
        })
    }

    fn client_by_certificate(&self, _issued: &IssuedCertificates) -> Option<RegisteredClient> {
        Some(RegisteredClient {
            client_id: Secret::new(self.application_id.as_str()),
            client_secret: None,
            api_key: None,
            scope: String::new(),
            secret_expires_at: None,
            issued_at: None,
            software_id: None,
            roles: Vec::new(),
            redirect_uris: self.redirect_uris.clone(),
        })
    }
}
