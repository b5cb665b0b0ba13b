//! The settings of a registration at OP: the file an operator fills in.

use serde::{Deserialize, Serialize};

use super::OpHosts;
use crate::connectors::settings::{
    SettingsError, browser_address, check_filled, check_roles, from_json, https, roles,
};

/// Hosts of OP's own sandbox, for which the other addresses are known.
const KNOWN_SANDBOX_HOSTS: [&str; 2] = ["sandbox.apis.op.fi", "sandbox.apis.op-palvelut.fi"];
/// Somebody the bank can turn to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The telephone number.
    pub phone: String,
    /// What for, such as `Support`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Everything a registration needs to know beforehand. Unknown keys are refused by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationSettings {
    /// The key of OP's developer portal.
    pub api_key: ApiKey,
    /// The country of the certificates (ISO 3166-1).
    pub country: String,
    /// The name in the certificates.
    pub tpp_name: String,
    /// Of AIS, PIS and CBPII; a list, or one text with commas.
    #[serde(deserialize_with = "roles")]
    pub roles: Vec<String>,
    /// The full address of the certificate generator.
    pub sandbox_url: String,
    /// The full address of the registration endpoint.
    pub registration_url: String,
    /// Where the bank may send people back to.
    pub redirect_uris: Vec<String>,
    /// The name people see.
    pub software_client_name: String,
    /// The same, in the software statement.
    pub software_redirect_uris: Vec<String>,
    /// The page of the software.
    pub software_client_uri: String,
    /// The name of the organisation.
    pub org_name: String,
    /// Who the bank can turn to.
    pub org_contacts: Vec<Contact>,
    /// The full address of the token endpoint.
    #[serde(default)]
    pub token_url: Option<String>,
    /// The base of the account API.
    #[serde(default)]
    pub accounts_url: Option<String>,
    /// The full address of the authorization endpoint.
    #[serde(default)]
    pub authorize_url: Option<String>,
    /// The issuer of id tokens.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The full address of the keys of id tokens.
    #[serde(default)]
    pub keys_url: Option<String>,
    /// The path of a further root certificate (PEM), for a sandbox of one's own.
    #[serde(default)]
    pub ca_certificate: Option<String>,
}

/// The key of the developer portal. It compares like a text and shows like a secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct ApiKey(pub crate::connectors::Secret);

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.matches(other.0.expose())
    }
}

impl Eq for ApiKey {}

impl RegistrationSettings {
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
            ("api_key", self.api_key.0.expose()),
            ("country", self.country.as_str()),
            ("tpp_name", self.tpp_name.as_str()),
            ("software_client_name", self.software_client_name.as_str()),
            ("org_name", self.org_name.as_str()),
        ];
        check_filled(&texts, &self.redirect_uris)?;
        if !self.redirect_uris.iter().all(|uri| self.software_redirect_uris.contains(uri)) {
            return Err(SettingsError::RedirectUris);
        }
        self.hosts().map(|_| ())
    }

    /// The addresses of the environment these settings name.
    ///
    /// # Errors
    /// [`SettingsError::Address`] or [`SettingsError::Needed`].
    pub fn hosts(&self) -> Result<OpHosts, SettingsError> {
        https("sandbox_url", &self.sandbox_url)?;
        let registration = https("registration_url", &self.registration_url)?;
        let sandbox = reqwest::Url::parse(&self.sandbox_url).ok();
        let host = sandbox.as_ref().and_then(reqwest::Url::host_str);
        let known = host.is_some_and(|host| KNOWN_SANDBOX_HOSTS.contains(&host));
        let defaults = known.then(OpHosts::sandbox);
        // OP's token endpoint and API are on the host of its registration endpoint.
        let origin = registration.origin().ascii_serialization();
        let chosen = |name: &'static str, given: &Option<String>, default: Option<String>| {
            given.clone().or(default).ok_or(SettingsError::Needed(name))
        };
        let address = |name: &'static str, given: &Option<String>, default: Option<String>| {
            let chosen = chosen(name, given, default)?;
            https(name, &chosen).map(|_| chosen)
        };
        let browser = |name: &'static str, given: &Option<String>, default| {
            let chosen = chosen(name, given, default)?;
            browser_address(name, &chosen).map(|()| chosen)
        };
        let on_origin = |path: &str| defaults.as_ref().map(|_| format!("{origin}{path}"));
        let of = |pick: fn(&OpHosts) -> &String| defaults.as_ref().map(|hosts| pick(hosts).clone());
        Ok(OpHosts {
            generator_url: Some(self.sandbox_url.clone()),
            registration_url: self.registration_url.clone(),
            token_url: address("token_url", &self.token_url, on_origin("/oauth/token"))?,
            accounts_url: address(
                "accounts_url",
                &self.accounts_url,
                on_origin("/accounts-psd2/v1"),
            )?,
            authorize_url: browser(
                "authorize_url",
                &self.authorize_url,
                of(|hosts| &hosts.authorize_url),
            )?,
            issuer: browser("issuer", &self.issuer, of(|hosts| &hosts.issuer))?,
            keys_url: address("keys_url", &self.keys_url, of(|hosts| &hosts.keys_url))?,
        })
    }
}
