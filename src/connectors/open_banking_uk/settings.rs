//! The settings of a registration with a bank of Open Banking UK: the file an operator fills in. What is
//! the bank's own is in its profile; the addresses are here, because every environment has others.

use serde::Deserialize;

use super::version::Version;
use crate::connectors::bank::ClientAuthentication;
use crate::connectors::op::settings::Contact;
use crate::connectors::settings::{
    SettingsError, browser_address, check_filled, check_roles, from_json, https, roles,
};

/// The way through the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// A pushed request (RFC 9126) and a signed answer (JARM).
    #[default]
    Pushed,
    /// A signed request through the browser, and `code id_token` in the fragment.
    Hybrid,
}

/// How this platform shows at the token endpoint who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Authentication {
    /// A signed assertion.
    #[default]
    #[serde(rename = "private_key_jwt")]
    Assertion,
    /// The certificate of the connection.
    #[serde(rename = "tls_client_auth")]
    Certificate,
}

impl Authentication {
    /// The word of the registration (RFC 7591, section 2).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Assertion => "private_key_jwt",
            Self::Certificate => "tls_client_auth",
        }
    }

    pub(super) fn of_profile(self) -> ClientAuthentication {
        match self {
            Self::Assertion => ClientAuthentication::SignedAssertion,
            Self::Certificate => ClientAuthentication::Certificate,
        }
    }
}

/// Everything a registration needs to know beforehand. Unknown keys are refused by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The version of the API.
    pub version: Version,
    /// The way through the browser.
    #[serde(default)]
    pub flow: Flow,
    /// How this platform shows who it is.
    #[serde(default)]
    pub token_endpoint_auth_method: Authentication,
    /// The country of the certificates (ISO 3166-1).
    pub country: String,
    /// The name in the certificates.
    pub tpp_name: String,
    /// Of AIS, PIS and CBPII; a list, or one text with commas.
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<String>,
    /// Where the bank may send people back to.
    pub redirect_uris: Vec<String>,
    /// The name people see.
    pub software_client_name: String,
    /// The page of the software.
    pub software_client_uri: String,
    /// The name of the organisation.
    pub org_name: String,
    /// Who the bank can turn to.
    pub org_contacts: Vec<Contact>,
    /// The full address of the test directory's certificate generator.
    pub generator_url: String,
    /// Where the directory signs software statements.
    pub statement_url: String,
    /// The issuer; its description is under it.
    pub issuer: String,
    /// The full address of the registration endpoint.
    pub registration_url: String,
    /// The full address of the token endpoint.
    pub token_url: String,
    /// The full address of the endpoint for pushed requests.
    pub pushed_url: String,
    /// The full address of the authorization endpoint.
    pub authorize_url: String,
    /// The full address of the bank's keys.
    pub keys_url: String,
    /// The base of the account API in that version.
    pub accounts_url: String,
    /// The path of a further root certificate (PEM), for a sandbox of one's own.
    #[serde(default)]
    pub ca_certificate: Option<String>,
}

impl Settings {
    /// Reads settings and checks that they agree with themselves.
    ///
    /// # Errors
    /// [`SettingsError`] names the key that is wrong.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let settings: Self = from_json(json)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_roles(&self.roles)?;
        let texts = [
            ("country", self.country.as_str()),
            ("tpp_name", self.tpp_name.as_str()),
            ("software_client_name", self.software_client_name.as_str()),
            ("org_name", self.org_name.as_str()),
        ];
        check_filled(&texts, &self.redirect_uris)?;
        for (name, url) in [
            ("generator_url", &self.generator_url),
            ("statement_url", &self.statement_url),
            ("issuer", &self.issuer),
            ("registration_url", &self.registration_url),
            ("token_url", &self.token_url),
            ("pushed_url", &self.pushed_url),
            ("keys_url", &self.keys_url),
            ("accounts_url", &self.accounts_url),
        ] {
            https(name, url)?;
        }
        browser_address("authorize_url", &self.authorize_url)
    }
}
