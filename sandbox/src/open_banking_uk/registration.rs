//! Dynamic client registration (RFC 7591; Open Banking UK Dynamic Client Registration 3.3): a request
//! signed by the provider that embeds the directory's software statement.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::directory::{ISSUER, provider_of};
use crate::bank::Bank;
use crate::certificates::Role;
use crate::chance::secret_text;
use crate::exchange::PeerCertificate;
use crate::jose::Compact;
use crate::misbehaviour;
use crate::registration_refusal::RegistrationRefusal;
use crate::state::{Client, ClientAuthentication, Provider};

/// Tolerated difference of clocks, in seconds.
const LEEWAY_SECONDS: i64 = 120;
const GRANT_TYPES: [&str; 3] = ["client_credentials", "authorization_code", "refresh_token"];

/// `POST /register` with a compact JWS: 201 with the client.
pub(super) async fn register(
    State(bank): State<Arc<Bank>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match check(&bank, &peer, &headers, &body) {
        Ok((client, answer)) => {
            let tpp_id = client.tpp_id.clone();
            bank.change(|state| state.clients.put(&client.client_id.clone(), client));
            misbehaviour::registration(bank.conduct.on(), &bank.addresses.mtls, &tpp_id, answer)
        }
        Err(refused) => refused.into_response(),
    }
}

fn check(
    bank: &Bank,
    peer: &PeerCertificate,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(Client, Value), RegistrationRefusal> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !["application/jwt", "application/jose"].contains(&media) {
        let text = "Content-Type must be application/jwt or application/jose";
        let refusal = RegistrationRefusal::new("invalid_request", text);
        return Err(refusal.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let provider = provider_of(bank, peer).ok_or_else(|| {
        let text = "the client certificate belongs to no known provider";
        RegistrationRefusal::new("invalid_client", text).with_status(StatusCode::UNAUTHORIZED)
    })?;
    let text = std::str::from_utf8(body).unwrap_or_default();
    let request = signed(text, &provider.keys).map_err(RegistrationRefusal::metadata)?;
    let directory = bank.document_key.key_set();
    let keys = directory["keys"].as_array().cloned().unwrap_or_default();
    let statement = request["software_statement"]
        .as_str()
        .ok_or_else(|| RegistrationRefusal::statement("software_statement is missing"))
        .and_then(|text| signed(text, &keys).map_err(RegistrationRefusal::statement))?;
    check_statement(bank, &provider, &statement)?;
    client(bank, &provider, &request, &statement)
}

fn signed(text: &str, keys: &[Value]) -> Result<Value, String> {
    let compact = Compact::parse(text).map_err(|error| error.to_string())?;
    compact.verify(keys).map_err(|error| error.to_string())?;
    compact.claims().map(Value::Object).map_err(|error| error.to_string())
}

fn check_statement(
    bank: &Bank,
    provider: &Provider,
    statement: &Value,
) -> Result<(), RegistrationRefusal> {
    if statement["iss"] != ISSUER {
        return Err(RegistrationRefusal::statement("iss is not the directory"));
    }
    if statement["org_id"] != provider.tpp_id.as_str() {
        return Err(RegistrationRefusal::statement("org_id is another provider"));
    }
    let over =
        statement["exp"].as_i64().is_none_or(|exp| exp + LEEWAY_SECONDS < bank.now().timestamp());
    if over {
        return Err(RegistrationRefusal::statement("the software statement is over"));
    }
    Ok(())
}

fn client(
    bank: &Bank,
    provider: &Provider,
    request: &Value,
    statement: &Value,
) -> Result<(Client, Value), RegistrationRefusal> {
    let now = bank.now().timestamp();
    if request["iss"] != statement["software_id"] {
        return Err(RegistrationRefusal::metadata("iss must be the software_id"));
    }
    if request["aud"] != bank.issuer() {
        return Err(RegistrationRefusal::metadata("aud must be the issuer"));
    }
    if request["exp"].as_i64().is_none_or(|exp| exp + LEEWAY_SECONDS < now) {
        return Err(RegistrationRefusal::metadata("exp is missing or over"));
    }
    let texts = |name: &str| -> Vec<String> {
        let values = request[name].as_array().into_iter().flatten();
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let allowed = statement["software_redirect_uris"].as_array().cloned().unwrap_or_default();
    let redirect_uris = texts("redirect_uris");
    let known = |uri: &String| allowed.iter().any(|allowed| allowed == uri);
    if redirect_uris.is_empty() || !redirect_uris.iter().all(known) {
        let text = "redirect_uris must be part of software_redirect_uris";
        return Err(RegistrationRefusal::new("invalid_redirect_uri", text));
    }
    let grant_types = texts("grant_types");
    if grant_types.is_empty() || !grant_types.iter().all(|one| GRANT_TYPES.contains(&one.as_str()))
    {
        return Err(RegistrationRefusal::metadata(
            "grant_types is missing or holds an unknown grant",
        ));
    }
    if !texts("response_types")
        .iter()
        .all(|kind| ["code id_token", "code"].contains(&kind.as_str()))
    {
        return Err(RegistrationRefusal::metadata("response_types holds an unknown type"));
    }
    let authentication = match request["token_endpoint_auth_method"].as_str() {
        Some("private_key_jwt") => ClientAuthentication::Assertion,
        Some("tls_client_auth") => ClientAuthentication::Certificate,
        _ => {
            let text = "token_endpoint_auth_method is private_key_jwt or tls_client_auth";
            return Err(RegistrationRefusal::metadata(text));
        }
    };
    for name in ["id_token_signed_response_alg", "request_object_signing_alg"] {
        if !["PS256", "ES256"].contains(&request[name].as_str().unwrap_or_default()) {
            return Err(RegistrationRefusal::metadata(format!("{name} must be PS256 or ES256")));
        }
    }
    let client = Client {
        client_id: secret_text(20),
        client_secret: String::new(),
        tpp_id: provider.tpp_id.clone(),
        client_name: statement["software_client_name"].as_str().unwrap_or_default().to_owned(),
        redirect_uris,
        grant_types,
        roles: vec![Role::Accounts],
        authentication,
    };
    let answer = answer(bank, &client, request, statement);
    Ok((client, answer))
}

/// The client as it was registered: what was asked for, with its name.
fn answer(bank: &Bank, client: &Client, request: &Value, statement: &Value) -> Value {
    let mut answer: Map<String, Value> = request.as_object().cloned().unwrap_or_default();
    for claim in ["iss", "aud", "exp", "iat", "jti"] {
        answer.remove(claim);
    }
    answer.insert("client_id".to_owned(), client.client_id.as_str().into());
    answer.insert("client_id_issued_at".to_owned(), bank.now().timestamp().into());
    answer.insert("client_name".to_owned(), client.client_name.as_str().into());
    answer.insert("scope".to_owned(), "openid accounts".into());
    answer.insert("software_id".to_owned(), statement["software_id"].clone());
    Value::Object(answer)
}
