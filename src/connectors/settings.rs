//! What the settings of every registration share: the checks of roles and addresses, and what can be
//! wrong with them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// The roles a registration can have.
pub const KNOWN_ROLES: [&str; 3] = ["AIS", "PIS", "CBPII"];

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// There is no such bank.
    #[error("there is no bank called `{asked}`; known: {known}")]
    UnknownBank {
        /// What was asked for.
        asked: String,
        /// The banks there are.
        known: String,
    },
    /// No JSON, an unknown key, a missing one, or one of another type. The text says which.
    #[error("the registration settings are not usable: {0}")]
    Form(String),
    /// An address is not a full https address.
    #[error("the setting `{0}` is not a full https address")]
    Address(&'static str),
    /// A key that is needed because it cannot be derived.
    #[error("the setting `{0}` is needed, because the sandbox is not one of the bank's own")]
    Needed(&'static str),
    /// A role that does not exist, or none at all.
    #[error("the setting `roles` must name one or more of AIS, PIS and CBPII")]
    Roles,
    /// A list that must not be empty.
    #[error("the setting `{0}` must not be empty")]
    Empty(&'static str),
    /// A redirect address that is not covered by the software's own list.
    #[error("every one of `redirect_uris` must be among `software_redirect_uris`")]
    RedirectUris,
    /// No redirect address is this bank's own.
    #[error(
        "one of `redirect_uris` must end in `/callback/{0}`: each bank has an address of its own"
    )]
    OwnRedirectUri(String),
}

/// Reads roles: a list, or one text with commas.
pub(super) fn roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Roles {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Roles::deserialize(deserializer)? {
        Roles::List(list) => list,
        Roles::Text(text) => text.split(',').map(|role| role.trim().to_owned()).collect(),
    })
}

/// Reads the settings' JSON.
///
/// # Errors
/// [`SettingsError::Form`] with what does not fit and where.
pub(super) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, SettingsError> {
    serde_json::from_str(json).map_err(|error| SettingsError::Form(error.to_string()))
}

/// Checks that these texts say something, and that there is a redirect address.
///
/// # Errors
/// [`SettingsError::Empty`] with the name of the first that does not.
pub(super) fn check_filled(
    texts: &[(&'static str, &str)],
    redirect_uris: &[String],
) -> Result<(), SettingsError> {
    match texts.iter().find(|(_, text)| text.trim().is_empty()) {
        Some((name, _)) => Err(SettingsError::Empty(name)),
        None if redirect_uris.is_empty() => Err(SettingsError::Empty("redirect_uris")),
        None => Ok(()),
    }
}

/// Checks that there are roles, and that each of them exists.
///
/// # Errors
/// [`SettingsError::Roles`].
pub(super) fn check_roles(roles: &[String]) -> Result<(), SettingsError> {
    let known = |role: &String| KNOWN_ROLES.contains(&role.as_str());
    if roles.is_empty() || !roles.iter().all(known) {
        return Err(SettingsError::Roles);
    }
    Ok(())
}

/// Whether an address of the browser's is on this very machine, where plain HTTP goes over no wire:
/// what a local sandbox offers so that browsers warn of no certificate.
pub(super) fn on_this_machine(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| {
        url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1"))
    })
}

/// Reads a full https address.
///
/// # Errors
/// [`SettingsError::Address`] with the name of the setting.
pub(super) fn https(name: &'static str, text: &str) -> Result<reqwest::Url, SettingsError> {
    let url = reqwest::Url::parse(text).ok();
    let sound = url.filter(|url| {
        url.scheme() == "https" && url.host_str().is_some() && url.username().is_empty()
    });
    sound.ok_or(SettingsError::Address(name))
}

/// Checks an address that a browser opens: https, or plain HTTP on this very machine.
///
/// # Errors
/// [`SettingsError::Address`] with the name of the setting.
pub(super) fn browser_address(name: &'static str, text: &str) -> Result<(), SettingsError> {
    if on_this_machine(text) { Ok(()) } else { https(name, text).map(|_| ()) }
}
