//! Registration of a provider's client: a signed request that embeds a signed software statement.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::REGISTRATION_PATH;
use crate::bank::Bank;
use crate::caller::require_api_key;
use crate::certificates::Role;
use crate::chance::secret_text;
use crate::exchange::PeerCertificate;
use crate::jose::{Compact, JoseError};
use crate::misbehaviour;
use crate::registration_refusal::RegistrationRefusal;
use crate::state::{Client, ClientAuthentication, Provider};

/// Tolerated difference of clocks, in seconds.
const LEEWAY_SECONDS: i64 = 120;
/// Most redirect addresses of one client.
const REDIRECTS_MAX: usize = 50;
const GRANT_TYPES: [&str; 4] = [
    "client_credentials",
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
];

/// `POST /tpp-registration/register` with a compact JWS (`application/jwt`): 201 with the client.
pub(super) async fn register(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(error) = require_api_key(&bank, &headers) {
        return error.into_response();
    }
    match check(&bank, &peer, &headers, &body) {
        Ok((client, software)) => {
            let answer = answer(&bank, &client, &software);
            let tpp_id = client.tpp_id.clone();
            bank.change(|state| state.clients.put(&client.client_id.clone(), client));
            misbehaviour::registration(bank.conduct.on(), &bank.addresses.mtls, &tpp_id, answer)
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// What the answer repeats from the software statement.
struct Software {
    id: String,
    key_set: String,
}

fn check(
    bank: &Bank,
    peer: &PeerCertificate,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(Client, Software), RegistrationRefusal> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.unwrap_or_default().split(';').next().unwrap_or_default();
    if !media.trim().eq_ignore_ascii_case("application/jwt") {
        return Err(RegistrationRefusal::new(
            "invalid_request",
            "Content-Type must be application/jwt",
        )
        .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let provider = bank
        .read(|state| {
            let mut all = state.providers.iter();
            all.find(|found| found.certificates.contains(&peer.fingerprint)).cloned()
        })
        .ok_or_else(|| {
            RegistrationRefusal::new(
                "invalid_client",
                "the client certificate belongs to no known provider",
            )
            .with_status(StatusCode::UNAUTHORIZED)
        })?;
    let text = std::str::from_utf8(body).unwrap_or_default();
    let request = signed_claims(text, &provider)
        .map_err(|error| RegistrationRefusal::metadata(format!("registration request: {error}")))?;
    let statement = request
        .get("software_statement")
        .and_then(Value::as_str)
        .ok_or_else(|| RegistrationRefusal::statement("software_statement is missing"))?;
    let statement = signed_claims(statement, &provider)
        .map_err(|error| RegistrationRefusal::statement(format!("software statement: {error}")))?;
    check_times_and_audience(bank, &request, &statement)?;
    client_of(&provider, &request, &statement)
}

fn signed_claims(text: &str, provider: &Provider) -> Result<Map<String, Value>, JoseError> {
    let compact = Compact::parse(text)?;
    compact.verify(&provider.keys)?;
    compact.claims()
}

fn check_times_and_audience(
    bank: &Bank,
    request: &Map<String, Value>,
    statement: &Map<String, Value>,
) -> Result<(), RegistrationRefusal> {
    let now = bank.now().timestamp();
    let lives = |claims: &Map<String, Value>| {
        let expires = claims.get("exp").and_then(Value::as_f64);
        expires.is_some_and(|expires| expires as i64 + LEEWAY_SECONDS > now)
    };
    if !lives(request) {
        return Err(RegistrationRefusal::metadata(
            "exp of the registration request is missing or over",
        ));
    }
    if !lives(statement) {
        return Err(RegistrationRefusal::statement(
            "exp of the software statement is missing or over",
        ));
    }
    let registration = format!("{}{REGISTRATION_PATH}", bank.addresses.mtls);
    let accepted = ["https://op.fi/", "https://op.fi", &registration, &bank.addresses.mtls];
    let audience = match request.get("aud") {
        Some(Value::String(audience)) => audience.as_str(),
        Some(Value::Array(audiences)) if audiences.len() == 1 => {
            audiences[0].as_str().unwrap_or_default()
        }
        _ => "",
    };
    if accepted.contains(&audience) {
        Ok(())
    } else {
        Err(RegistrationRefusal::metadata("aud must be https://op.fi/ or the registration address"))
    }
}

fn client_of(
    provider: &Provider,
    request: &Map<String, Value>,
    statement: &Map<String, Value>,
) -> Result<(Client, Software), RegistrationRefusal> {
    let of_statement = |name: &str| {
        text(statement, name)
            .ok_or_else(|| RegistrationRefusal::statement(format!("{name} is missing")))
    };
    of_statement("iss")?;
    if of_statement("org_id")? != provider.tpp_id {
        return Err(RegistrationRefusal::statement(
            "org_id is not the provider of the client certificate",
        ));
    }
    let software = Software {
        id: of_statement("software_client_id")?,
        key_set: of_statement("software_jwks_endpoint")?,
    };
    let roles = texts(statement, "software_roles")
        .filter(|roles| !roles.is_empty())
        .and_then(|roles| {
            roles.iter().map(|role| Role::from_word(role)).collect::<Option<Vec<_>>>()
        })
        .ok_or_else(|| {
            RegistrationRefusal::statement("software_roles must hold AIS, PIS or CBPII")
        })?;
    if !roles.iter().all(|role| provider.roles.contains(role)) {
        return Err(RegistrationRefusal::statement(
            "software_roles go beyond the certificate's roles",
        ));
    }
    let allowed = texts(statement, "software_redirect_uris")
        .ok_or_else(|| RegistrationRefusal::statement("software_redirect_uris is missing"))?;
    let redirect_uris = texts(request, "redirect_uris")
        .filter(|uris| !uris.is_empty() && uris.len() <= REDIRECTS_MAX)
        .ok_or_else(|| {
            RegistrationRefusal::new("invalid_redirect_uri", "redirect_uris is missing or too long")
        })?;
    if !redirect_uris.iter().all(|uri| allowed.contains(uri)) {
        let description = "redirect_uris must be part of software_redirect_uris";
        return Err(RegistrationRefusal::new("invalid_redirect_uri", description));
    }
    let grant_types = texts(request, "grant_types").unwrap_or_default();
    if grant_types.is_empty()
        || !grant_types.iter().all(|grant| GRANT_TYPES.contains(&grant.as_str()))
    {
        return Err(RegistrationRefusal::metadata(
            "grant_types is missing or holds an unknown grant",
        ));
    }
    let client = Client {
        client_id: secret_text(20),
        client_secret: secret_text(32),
        tpp_id: provider.tpp_id.clone(),
        client_name: of_statement("software_client_name")?.chars().take(100).collect(),
        redirect_uris,
        grant_types,
        roles,
        authentication: ClientAuthentication::Secret,
    };
    Ok((client, software))
}

fn answer(bank: &Bank, client: &Client, software: &Software) -> Value {
    let scopes = client.roles.iter().map(|role| match role {
        Role::Accounts => "accounts",
        Role::Payments => "payments",
        Role::Funds => "fundsconfirmations",
    });
    let scope: Vec<&str> = std::iter::once("openid").chain(scopes).collect();
    json!({
        "client_id": client.client_id,
        "client_id_issued_at": bank.now().timestamp(),
        "client_secret": client.client_secret,
        "client_secret_expires_at": 0,
        "api_key": bank.options.api_key,
        "client_name": client.client_name,
        "redirect_uris": client.redirect_uris,
        "grant_types": client.grant_types,
        "software_id": software.id,
        "scope": scope.join(" "),
        "jwks_endpoint": software.key_set,
        "software_roles": client.roles.iter().map(|role| role.word()).collect::<Vec<_>>(),
    })
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = claims.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn texts(claims: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let values = claims.get(name)?.as_array()?.iter();
    values.map(|value| value.as_str().map(str::to_owned)).collect()
}
