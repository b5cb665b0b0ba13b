//! The token endpoint (RFC 6749, 3.2): client authentication, grant choice, answer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use serde_json::{Value, json};

use super::assertion;
use super::token_grants;
use crate::bank::Bank;
use crate::caller::same_secret;
use crate::calls::CallNote;
use crate::exchange::PeerCertificate;
use crate::faults::TokenMutation;
use crate::form::Form;
use crate::misbehaviour;
use crate::state::{Client, ClientAuthentication};

/// A refusal after RFC 6749, section 5.2.
#[derive(Debug)]
pub(crate) struct TokenRefusal {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl TokenRefusal {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    pub(crate) fn grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    fn client(description: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", description) }
    }
}

impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        (self.status, Json(body)).into_response()
    }
}

/// A token request whose client is known and whose certificate belongs to that client.
pub(crate) struct TokenRequest<'a> {
    pub(crate) bank: &'a Bank,
    pub(crate) form: &'a Form,
    pub(crate) client: Client,
    pub(crate) certificate: String,
}

impl TokenRequest<'_> {
    /// A member of the form that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, TokenRefusal> {
        self.form
            .get(name)
            .ok_or_else(|| TokenRefusal::new("invalid_request", format!("{name} is missing")))
    }
}

/// `POST /oauth/token`.
pub(crate) async fn exchange(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::parse(&String::from_utf8_lossy(&body));
    let mut response = match answer(&bank, &peer, &headers, &form) {
        Ok(mut answer) => {
            let number = bank.conduct.count_token_answer();
            misbehaviour::token_answer(bank.conduct.on(), number, &mut answer);
            mutated(bank.faults.token(), answer)
        }
        Err(refusal) => refusal.into_response(),
    };
    response.extensions_mut().insert(CallNote {
        grant_type: form.get("grant_type").map(|grant| grant.chars().take(100).collect()),
    });
    response
}

fn answer(
    bank: &Bank,
    peer: &PeerCertificate,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Value, TokenRefusal> {
    let client = authenticate(bank, peer, headers, form)?;
    let request = TokenRequest { bank, form, client, certificate: peer.fingerprint.clone() };
    let grant = request.required("grant_type")?;
    let known = match grant {
        "client_credentials" | "authorization_code" | "refresh_token" => {
            request.client.grant_types.iter().any(|allowed| allowed == grant)
        }
        _ => true,
    };
    if !known {
        return Err(TokenRefusal::new(
            "unauthorized_client",
            "the client is not registered for this grant",
        ));
    }
    match grant {
        "client_credentials" => token_grants::client_credentials(&request),
        "authorization_code" => token_grants::authorization_code(&request),
        "refresh_token" => token_grants::refresh_token(&request),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => token_grants::exemption(&request),
        _ => Err(TokenRefusal::new("unsupported_grant_type", "this grant is not known here")),
    }
}

/// The client behind a form: known, with a certificate of its provider, and identified as it registered.
pub(super) fn authenticate(
    bank: &Bank,
    peer: &PeerCertificate,
    headers: &HeaderMap,
    form: &Form,
) -> Result<Client, TokenRefusal> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.unwrap_or_default().split(';').next().unwrap_or_default();
    if !media.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let description = "Content-Type must be application/x-www-form-urlencoded";
        return Err(TokenRefusal::new("invalid_request", description));
    }
    if let Some(name) = form.repeated() {
        return Err(TokenRefusal::new("invalid_request", format!("{name} comes twice")));
    }
    let Some(id) = form.get("client_id") else {
        return Err(TokenRefusal::client("client_id is needed in the body"));
    };
    let found = bank.read(|state| {
        let client = state.clients.get(id)?.clone();
        let provider = state.providers.get(&client.tpp_id)?.clone();
        Some((client, provider))
    });
    let (client, provider) =
        found.ok_or_else(|| TokenRefusal::client("client_id or client_secret is wrong"))?;
    if !provider.certificates.contains(&peer.fingerprint) {
        return Err(TokenRefusal::client("the certificate belongs to another provider"));
    }
    match client.authentication {
        ClientAuthentication::Certificate => Ok(client),
        ClientAuthentication::Assertion => {
            assertion::check(bank, &client, &provider, form).map_err(TokenRefusal::client)?;
            Ok(client)
        }
        ClientAuthentication::Secret => match form.get("client_secret") {
            None => Err(TokenRefusal::client("client_id and client_secret are needed in the body")),
            Some(secret) if same_secret(client.client_secret.as_bytes(), secret.as_bytes()) => {
                Ok(client)
            }
            Some(_) => Err(TokenRefusal::client("client_id or client_secret is wrong")),
        },
    }
}

fn mutated(mutation: Option<TokenMutation>, mut answer: Value) -> Response {
    let mut remove = |name: &str| {
        if let Some(members) = answer.as_object_mut() {
            members.remove(name);
        }
    };
    match mutation {
        None => {}
        Some(TokenMutation::MissingAccessToken) => remove("access_token"),
        Some(TokenMutation::NoRefreshToken) => remove("refresh_token"),
        Some(TokenMutation::WrongTokenType) => answer["token_type"] = "mac".into(),
        Some(TokenMutation::HtmlBody) => {
            return Html("<html><body>Service temporarily unavailable</body></html>")
                .into_response();
        }
        Some(TokenMutation::ErrorInSuccess) => {
            answer = json!({ "error": "invalid_grant", "error_description": "made on purpose" });
        }
    }
    Json(answer).into_response()
}
