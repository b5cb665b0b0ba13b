//! The description an authorization server gives of itself (RFC 8414; OpenID Connect Discovery 1.0). It is
//! compared with the profile and never followed: a server that names another address than the profile
//! does, or leaves a protection out, is a matter for a person.

use serde::Deserialize;

use crate::connectors::bank::{Bank, ClientAuthentication, SecurityProfile};
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Endpoint, Method};
use crate::connectors::registrar::RegistrationError;

/// The members that are compared. Lists that are missing have the default of RFC 8414, section 2.
#[derive(Deserialize)]
struct Metadata {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
    jwks_uri: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    response_types_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    request_object_signing_alg_values_supported: Option<Vec<String>>,
    tls_client_certificate_bound_access_tokens: Option<bool>,
    authorization_response_iss_parameter_supported: Option<bool>,
    mtls_endpoint_aliases: Option<Aliases>,
}

/// The same endpoints where a client certificate is asked for (RFC 8705, section 5).
#[derive(Default, Deserialize)]
struct Aliases {
    token_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
}

/// Asks for the description, under the issuer of the profile.
///
/// # Errors
/// [`BankError::NotSent`] where the bank has no authorization server.
pub fn request(bank: &Bank) -> Result<BankRequest, BankError> {
    let issuer = bank.server()?.issuer.trim_end_matches('/');
    let url = format!("{issuer}/.well-known/openid-configuration");
    Ok(BankRequest::new(Method::Get, url, Endpoint::ServerMetadata)
        .header("accept", "application/json"))
}

/// Compares the description with the profile.
///
/// # Errors
/// [`RegistrationError::MetadataDiffers`] names the first member that differs.
pub fn check(bank: &Bank, answer: &BankAnswer) -> Result<(), RegistrationError> {
    if !answer.is_success() {
        let code = "none".to_owned();
        return Err(BankError::Refused { status: answer.status, code }.into());
    }
    let read: Metadata = serde_json::from_slice(&answer.body)
        .map_err(|_| BankError::Unreadable { what: "description of the server" })?;
    let server = bank.server()?;
    let aliases = read.mtls_endpoint_aliases.unwrap_or_default();
    let same = |stated: &Option<String>, ours: &str| stated.as_deref() == Some(ours);
    let addresses = [
        ("issuer", same(&read.issuer, &server.issuer)),
        ("authorization_endpoint", same(&read.authorization_endpoint, &server.authorize_url)),
        (
            "token_endpoint",
            same(&read.token_endpoint, &server.token_url)
                || same(&aliases.token_endpoint, &server.token_url),
        ),
        (
            "pushed_authorization_request_endpoint",
            server.pushed_url.as_deref().is_none_or(|ours| {
                same(&read.pushed_authorization_request_endpoint, ours)
                    || same(&aliases.pushed_authorization_request_endpoint, ours)
            }),
        ),
        ("jwks_uri", server.keys_url.as_deref().is_none_or(|ours| same(&read.jwks_uri, ours))),
    ];
    let holds = |list: &Option<Vec<String>>, word: &str| {
        list.as_ref().is_none_or(|list| list.iter().any(|one| one == word))
    };
    let authentication = match server.client_authentication {
        ClientAuthentication::SecretInForm => "client_secret_post",
        ClientAuthentication::Certificate => "tls_client_auth",
        ClientAuthentication::SignedAssertion => "private_key_jwt",
    };
    // A list that leaves S256 out, and no list at all, mean that PKCE is not looked at.
    let pkce = server.pushed_url.is_none() && server.security == SecurityProfile::Fapi1Advanced
        || read
            .code_challenge_methods_supported
            .as_ref()
            .is_some_and(|methods| methods.iter().any(|method| method == "S256"));
    let bound = read.tls_client_certificate_bound_access_tokens == Some(true);
    let names_itself = read.authorization_response_iss_parameter_supported == Some(true);
    let protections = [
        ("code_challenge_methods_supported", pkce),
        (
            "response_types_supported",
            holds(&read.response_types_supported, bank.response_type.name()),
        ),
        (
            "token_endpoint_auth_methods_supported",
            holds(&read.token_endpoint_auth_methods_supported, authentication),
        ),
        (
            "request_object_signing_alg_values_supported",
            holds(&read.request_object_signing_alg_values_supported, bank.signing_algorithm.name()),
        ),
        ("tls_client_certificate_bound_access_tokens", bound),
        (
            "authorization_response_iss_parameter_supported",
            names_itself || !server.issuer_in_answers,
        ),
    ];
    match addresses.into_iter().chain(protections).find(|(_, agrees)| !agrees) {
        Some((name, _)) => Err(RegistrationError::MetadataDiffers(name)),
        None => Ok(()),
    }
}
