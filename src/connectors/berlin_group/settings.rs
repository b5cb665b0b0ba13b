//! The settings of a bank that registers nobody: who we are, and where it is.

use domain::tpp_registration::Step;
use serde::Deserialize;

use crate::connectors::bank::Bank;
use crate::connectors::exchange::BankAnswer;
use crate::connectors::exchange::BankRequest;
use crate::connectors::generator;
use crate::connectors::registrar::{
    IssuedCertificates, RegisteredClient, Registrar, RegistrationError,
};
use crate::connectors::secret::Secret;
use crate::connectors::settings::{
    SettingsError, browser_address, check_filled, check_roles, from_json, https, roles,
};

/// What an operator says. Unknown keys are refused by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BerlinGroupSettings {
    /// The country of the certificates (ISO 3166-1).
    pub country: String,
    /// The name in the certificates.
    pub tpp_name: String,
    /// Of AIS, PIS and CBPII; a list, or one text with commas.
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<String>,
    /// The full address of the certificate generator.
    pub sandbox_url: String,
    /// The base of the interface, with the version at the end.
    #[serde(default)]
    pub api_url: Option<String>,
    /// Where the bank sends browsers: scheme, host and port.
    #[serde(default)]
    pub browser_origin: Option<String>,
    /// Whether people agree in the browser, at banks that leave the choice; in the bank's app if not.
    #[serde(default = "yes")]
    pub redirect_preferred: bool,
    /// Where the bank may send people back to.
    pub redirect_uris: Vec<String>,
    /// The path of a further root certificate (PEM), for a sandbox of one's own.
    #[serde(default)]
    pub ca_certificate: Option<String>,
}

fn yes() -> bool {
    true
}

impl BerlinGroupSettings {
    /// Reads settings and checks them.
    ///
    /// # Errors
    /// [`SettingsError`] names the key that is wrong.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let settings: Self = from_json(json)?;
        check_roles(&settings.roles)?;
        let texts = [("country", &*settings.country), ("tpp_name", &*settings.tpp_name)];
        check_filled(&texts, &settings.redirect_uris)?;
        https("sandbox_url", &settings.sandbox_url)?;
        if let Some(url) = &settings.api_url {
            https("api_url", url)?;
        }
        if let Some(origin) = &settings.browser_origin {
            browser_address("browser_origin", origin)?;
        }
        Ok(settings)
    }
}

impl Registrar for BerlinGroupSettings {
    fn roles(&self) -> &[String] {
        &self.roles
    }

    fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    fn ca_certificate(&self) -> Option<&str> {
        self.ca_certificate.as_deref()
    }

    fn steps(&self) -> &'static [Step] {
        &[Step::Certificates, Step::Validation]
    }

    fn certificate_request(&self, bank: &Bank) -> Result<BankRequest, RegistrationError> {
        generator::certificate_request(bank, &self.country, &self.tpp_name, &self.roles)
    }

    fn read_certificates(
        &self,
        bank: &Bank,
        answer: &BankAnswer,
    ) -> Result<IssuedCertificates, RegistrationError> {
        generator::read_certificates(bank, answer)
    }

    /// The bank knows us by the organisation identifier in our certificate (ETSI TS 119 495, section 5.4).
    fn client_by_certificate(&self, issued: &IssuedCertificates) -> Option<RegisteredClient> {
        let named = issued.qwac.certificate.organization_identifier.as_deref();
        Some(RegisteredClient {
            client_id: Secret::new(named.unwrap_or(&issued.tpp_id)),
            client_secret: None,
            api_key: None,
            scope: String::new(),
            secret_expires_at: None,
            issued_at: None,
            software_id: None,
            roles: self.roles.clone(),
            redirect_uris: self.redirect_uris.clone(),
        })
    }
}
