//! The authorization request (RFC 6749, section 4.1.1), for each security profile: signed and through
//! the browser (RFC 9101, FAPI 1.0 Part 2), or pushed (RFC 9126, FAPI 2.0 Security Profile).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tokens::{self, refused};
use crate::connectors::bank::{AuthorizationServer, Bank, SecurityProfile};
use crate::connectors::callback::ResponseType;
use crate::connectors::error::BankError;
use crate::connectors::exchange::{BankAnswer, BankRequest, Caller, Endpoint};
use crate::connectors::id_token::CLOCK_TOLERANCE_SECONDS;
use crate::connectors::secret::Secret;
use crate::connectors::settings::on_this_machine;
use crate::connectors::{AuthorizationRequest, AuthorizationStep};

/// How long a request object can be used.
pub const REQUEST_OBJECT_LIFE_SECONDS: i64 = 300;
/// How far back a request object is dated, so that a bank whose clock is behind takes it; as far as
/// a bank's clock may be from ours in id tokens.
pub const BACKDATED_SECONDS: i64 = CLOCK_TOLERANCE_SECONDS;
/// Most characters of a nonce or a state (FAPI 2.0 Security Profile, section 5.3.2.2).
pub const LONGEST_NONCE: usize = 64;
/// Fewest characters: 128 random bits in base64url.
pub const SHORTEST_NONCE: usize = 22;
/// The lengths a code verifier may have (RFC 7636, section 4.1).
pub const VERIFIER_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;
/// Most characters of the name of a pushed request.
pub const LONGEST_REQUEST_URI: usize = 512;

/// What a standard adds to a request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The scope.
    pub scope: &'a str,
    /// The `claims` parameter (OpenID Connect Core 1.0, section 5.5).
    pub claims: Option<Value>,
}

/// The S256 challenge of a verifier (RFC 7636, section 4.2).
#[must_use]
pub fn challenge(verifier: &Secret) -> String {
    let hash = digest::digest(&digest::SHA256, verifier.expose().as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref())
}

/// What to do next: push the request where the profile has a place for that, and then send the browser.
///
/// # Errors
/// [`BankError::NotSent`] when a value breaks the profile or the key does not sign, and a refusal of
/// the pushed request.
pub fn step(
    bank: &Bank,
    caller: &Caller<'_>,
    request: &AuthorizationRequest<'_>,
    ask: &Ask<'_>,
    answers: &[BankAnswer],
) -> Result<AuthorizationStep, BankError> {
    check(request)?;
    let server = bank.server()?;
    let parameters = parameters(bank, server, caller, request, ask);
    match (&server.pushed_url, answers) {
        (Some(url), []) => {
            let pushed = push(bank, server, caller, request, &parameters, url)?;
            Ok(AuthorizationStep::Ask(Box::new(pushed)))
        }
        (Some(_), [answer, ..]) => {
            let name = read_pushed(answer)?;
            let client_id = caller.client.client_id.expose();
            browser(server, &[("client_id", client_id), ("request_uri", name.expose())])
        }
        (None, _) if server.security == SecurityProfile::Fapi1Advanced => {
            let signed = sign(server, caller, request, &parameters)?;
            let outside = outside(&parameters, bank.response_type);
            let mut query: Vec<(&str, &str)> =
                outside.iter().map(|(name, value)| (*name, value.as_str())).collect();
            query.push(("request", &signed));
            browser(server, &query)
        }
        (None, _) => Err(BankError::NotSent { what: "request that would not be pushed" }),
    }
}

fn check(request: &AuthorizationRequest<'_>) -> Result<(), BankError> {
    let fresh = |text: &str| (SHORTEST_NONCE..=LONGEST_NONCE).contains(&text.len());
    if !fresh(request.nonce.expose()) || !fresh(request.state.expose()) {
        return Err(BankError::NotSent { what: "length of state or nonce" });
    }
    if !VERIFIER_LENGTHS.contains(&request.code_verifier.expose().len()) {
        return Err(BankError::NotSent { what: "length of the code verifier" });
    }
    Ok(())
}

/// Every parameter of the request, by its name.
fn parameters(
    bank: &Bank,
    server: &AuthorizationServer,
    caller: &Caller<'_>,
    request: &AuthorizationRequest<'_>,
    ask: &Ask<'_>,
) -> Map<String, Value> {
    let mut parameters = Map::new();
    let mut put = |name: &str, value: Value| {
        parameters.insert(name.to_owned(), value);
    };
    put("response_type", bank.response_type.name().into());
    if bank.response_type == ResponseType::CodeJwt {
        put("response_mode", "jwt".into());
    }
    put("client_id", caller.client.client_id.expose().into());
    put("redirect_uri", request.redirect_uri.into());
    put("scope", ask.scope.into());
    put("state", request.state.expose().into());
    put("nonce", request.nonce.expose().into());
    put("code_challenge", challenge(request.code_verifier).into());
    put("code_challenge_method", "S256".into());
    if server.max_age_seconds > 0 {
        put("max_age", server.max_age_seconds.into());
    }
    if let Some(claims) = &ask.claims {
        put("claims", claims.clone());
    }
    parameters
}

/// The signed request object (RFC 9101, section 4).
fn sign(
    server: &AuthorizationServer,
    caller: &Caller<'_>,
    request: &AuthorizationRequest<'_>,
    parameters: &Map<String, Value>,
) -> Result<String, BankError> {
    let now = caller.now.timestamp();
    let mut claims = parameters.clone();
    for (name, value) in [
        ("aud", json!(server.request_object_audience)),
        ("iss", json!(caller.client.client_id.expose())),
        ("iat", json!(now - BACKDATED_SECONDS)),
        ("nbf", json!(now - BACKDATED_SECONDS)),
        ("exp", json!(now + REQUEST_OBJECT_LIFE_SECONDS)),
        ("jti", json!(request.request_id)),
    ] {
        claims.insert(name.to_owned(), value);
    }
    let signed = caller.seal.key.sign_compact(&claims);
    signed.map_err(|_| BankError::NotSent { what: "request object" })
}

/// What OpenID Connect wants outside the object as well, with the same values (Core 1.0, section 6.1).
fn outside(
    parameters: &Map<String, Value>,
    response_type: ResponseType,
) -> Vec<(&'static str, String)> {
    const REPEATED: [&str; 6] =
        ["response_type", "client_id", "scope", "redirect_uri", "state", "nonce"];
    let mode = (response_type == ResponseType::CodeJwt).then_some("response_mode");
    REPEATED
        .into_iter()
        .chain(mode)
        .filter_map(|name| Some((name, parameters.get(name)?.as_str()?.to_owned())))
        .collect()
}

/// FAPI 1.0 pushes the signed object; FAPI 2.0 the parameters as they are, over the same authenticated
/// connection.
fn push(
    bank: &Bank,
    server: &AuthorizationServer,
    caller: &Caller<'_>,
    request: &AuthorizationRequest<'_>,
    parameters: &Map<String, Value>,
    url: &str,
) -> Result<BankRequest, BankError> {
    let endpoint = Endpoint::PushedAuthorization;
    if server.security == SecurityProfile::Fapi1Advanced {
        let signed = sign(server, caller, request, parameters)?;
        return tokens::form_request(bank, caller, url, endpoint, &[("request", &signed)]);
    }
    let texts: Vec<(&str, String)> = parameters
        .iter()
        .filter(|(name, _)| name.as_str() != "client_id")
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.as_str(), text)
        })
        .collect();
    let fields: Vec<(&str, &str)> =
        texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    tokens::form_request(bank, caller, url, endpoint, &fields)
}

/// Reads the name of a pushed request (RFC 9126, section 2.2).
fn read_pushed(answer: &BankAnswer) -> Result<Secret, BankError> {
    #[derive(Deserialize)]
    struct Pushed {
        request_uri: Option<Secret>,
        expires_in: Option<i64>,
    }
    if !answer.is_success() {
        return Err(refused(answer));
    }
    let unreadable = BankError::Unreadable { what: "name of the pushed request" };
    let read: Pushed = serde_json::from_slice(&answer.body).map_err(|_| unreadable.clone())?;
    let usable = |name: &Secret| {
        let bytes = name.expose().as_bytes();
        (1..=LONGEST_REQUEST_URI).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    let lives = read.expires_in.is_some_and(|seconds| seconds > 0);
    read.request_uri.filter(|name| usable(name) && lives).ok_or(unreadable)
}

fn browser(
    server: &AuthorizationServer,
    query: &[(&str, &str)],
) -> Result<AuthorizationStep, BankError> {
    let mut url = Url::parse(&server.authorize_url)
        .ok()
        .filter(|url| url.scheme() == "https" || on_this_machine(&server.authorize_url))
        .ok_or(BankError::NotSent { what: "authorize address" })?;
    url.query_pairs_mut().extend_pairs(query);
    Ok(AuthorizationStep::Browser { url: Secret::new(String::from(url)), confirmation: None })
}
