//! What every standard reads in the answer to a registration (RFC 7591, section 3.2.1).

use serde::Deserialize;

use super::RegistrationError;
use crate::connectors::secret::Secret;

/// The scope that was registered: text by the standard (RFC 7591, section 2); some banks write a list.
#[derive(Deserialize)]
#[serde(untagged)]
pub(in crate::connectors) enum RegisteredScope {
    Text(String),
    List(Vec<String>),
}

impl RegisteredScope {
    /// The scope as the standard writes it.
    pub(in crate::connectors) fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::List(list) => list.join(" "),
        }
    }
}

/// Whether a name or secret can be one: it is not empty, and nothing in it is hidden.
pub(in crate::connectors) fn is_visible(secret: &Secret) -> bool {
    !secret.is_empty() && secret.expose().bytes().all(|byte| byte.is_ascii_graphic())
}

/// Checks that the redirect addresses that were asked for are registered and no others, in whatever
/// order.
///
/// # Errors
/// [`RegistrationError::Missing`] or [`RegistrationError::RedirectUrisDiffer`].
pub(in crate::connectors) fn check_redirect_uris(
    registered: Option<Vec<String>>,
    asked: &[String],
) -> Result<(), RegistrationError> {
    let mut registered = registered.ok_or(RegistrationError::Missing("redirect_uris"))?;
    let mut asked = asked.to_vec();
    for uris in [&mut registered, &mut asked] {
        uris.sort_unstable();
        uris.dedup();
    }
    if registered == asked { Ok(()) } else { Err(RegistrationError::RedirectUrisDiffer) }
}
