//! The token endpoint (RFC 6749, sections 4 to 6): who we are, what we ask for, and what came.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::connectors::bank::{Bank, ClientAuthentication};
use crate::connectors::error::{BankError, plain_code};
use crate::connectors::exchange::{BankAnswer, BankRequest, Caller, Endpoint, Method};
use crate::connectors::form::{self, FORM_CONTENT_TYPE};
use crate::connectors::secret::Secret;
use crate::connectors::{CodeExchange, ScopeChange, Tokens};

/// Most characters of a token.
pub const LONGEST_TOKEN: usize = 16 * 1024;
/// How long an access token is taken to last when the bank does not say.
pub const UNSTATED_LIFE_SECONDS: u64 = 300;
/// Longest life that is believed: a consent never lasts longer.
const LONGEST_LIFE_SECONDS: u64 = 180 * 24 * 60 * 60;
/// How long a client assertion can be used.
pub const ASSERTION_LIFE_SECONDS: i64 = 60;
/// The type of a client assertion (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Asks for our own token (RFC 6749, section 4.4).
///
/// # Errors
/// [`BankError::NotSent`].
pub fn client_token(
    bank: &Bank,
    caller: &Caller<'_>,
    scope: &str,
) -> Result<BankRequest, BankError> {
    token_request(bank, caller, &[("grant_type", "client_credentials"), ("scope", scope)])
}

/// Turns a code into tokens (RFC 6749, section 4.1.3; RFC 7636, section 4.5).
///
/// # Errors
/// [`BankError::NotSent`].
pub fn exchange_code(
    bank: &Bank,
    caller: &Caller<'_>,
    exchange: &CodeExchange<'_>,
) -> Result<BankRequest, BankError> {
    let mut own = vec![
        ("grant_type", "authorization_code"),
        ("code", exchange.code.expose()),
        ("redirect_uri", exchange.redirect_uri),
    ];
    own.extend(exchange.code_verifier.map(|verifier| ("code_verifier", verifier.expose())));
    token_request(bank, caller, &own)
}

/// Gets the next access token (RFC 6749, section 6).
///
/// # Errors
/// [`BankError::NotSent`].
pub fn refresh(
    bank: &Bank,
    caller: &Caller<'_>,
    refresh_token: &Secret,
) -> Result<BankRequest, BankError> {
    let own = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
    token_request(bank, caller, &own)
}

fn token_request(
    bank: &Bank,
    caller: &Caller<'_>,
    own: &[(&str, &str)],
) -> Result<BankRequest, BankError> {
    form_request(bank, caller, &bank.server()?.token_url, Endpoint::Token, own)
}

/// A form to an endpoint where we have to say who we are, as the profile wants it.
///
/// # Errors
/// [`BankError::NotSent`] where a secret is wanted that nobody gave us, or the key does not sign.
pub fn form_request(
    bank: &Bank,
    caller: &Caller<'_>,
    url: &str,
    endpoint: Endpoint,
    own: &[(&str, &str)],
) -> Result<BankRequest, BankError> {
    let server = bank.server()?;
    let client_id = caller.client.client_id.expose();
    let assertion;
    let mut fields = own.to_vec();
    fields.push(("client_id", client_id));
    match server.client_authentication {
        ClientAuthentication::Certificate => {}
        ClientAuthentication::SecretInForm => {
            let secret = caller.client.client_secret.as_ref();
            let secret = secret.ok_or(BankError::NotSent { what: "client secret" })?;
            fields.push(("client_secret", secret.expose()));
        }
        ClientAuthentication::SignedAssertion => {
            assertion = sign_assertion(caller, &server.issuer)?;
            fields.push(("client_assertion_type", ASSERTION_TYPE));
            fields.push(("client_assertion", assertion.expose()));
        }
    }
    let mut request = BankRequest::new(Method::Post, url, endpoint)
        .body(FORM_CONTENT_TYPE, form::encode(&fields))
        .header("accept", "application/json");
    request.attended.clone_from(&caller.attended);
    Ok(request)
}

/// The `aud` is the issuer and nothing else, as a text: an assertion that a rogue server got hold of is
/// of no use at another one (FAPI 2.0 Security Profile, section 5.3.2.1).
fn sign_assertion(caller: &Caller<'_>, issuer: &str) -> Result<Secret, BankError> {
    let client_id = caller.client.client_id.expose();
    let now = caller.now.timestamp();
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "iat": now,
        "exp": now + ASSERTION_LIFE_SECONDS,
        "jti": caller.interaction_id,
    });
    let signed = caller.seal.key.sign_compact(&claims);
    signed.map(Secret::new).map_err(|_| BankError::NotSent { what: "client assertion" })
}

/// Passes a success without an error inside, and turns everything else into its [`BankError`]
/// (RFC 6749, section 5.2).
///
/// # Errors
/// The refusal, typed. Of the bank's own words only a code is kept.
pub fn check(answer: &BankAnswer) -> Result<(), BankError> {
    #[derive(Deserialize)]
    struct Inside {
        error: Option<Value>,
    }
    let inside: Option<Inside> = serde_json::from_slice(&answer.body).ok();
    let says_no = inside.is_some_and(|inside| inside.error.is_some_and(|error| !error.is_null()));
    if answer.is_success() && !says_no { Ok(()) } else { Err(refused(answer)) }
}

/// A refusal of an OAuth endpoint.
#[must_use]
pub fn refused(answer: &BankAnswer) -> BankError {
    #[derive(Deserialize)]
    struct Refusal {
        error: Option<String>,
    }
    if answer.status == 429 {
        return BankError::RateLimited { retry_after: answer.retry_after };
    }
    let read: Option<Refusal> = serde_json::from_slice(&answer.body).ok();
    let code = read.and_then(|read| read.error).filter(|code| !code.is_empty());
    let code = code.map_or_else(|| "none".to_owned(), |code| plain_code(&code));
    BankError::Refused { status: answer.status, code }
}

/// The members that matter. A repeated member is an error.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
    token_type: Option<String>,
    expires_in: Option<Value>,
    scope: Option<String>,
}

/// Reads what the endpoint gave with a success. Whatever is not plainly a usable token fails.
///
/// # Errors
/// An answer that breaks RFC 6749, section 5.1.
pub fn read(answer: &BankAnswer, asked_scope: &str) -> Result<Tokens, BankError> {
    let unreadable = |what| BankError::Unreadable { what };
    let read: TokenAnswer =
        serde_json::from_slice(&answer.body).map_err(|_| unreadable("token answer"))?;
    // Some gateways write `BearerToken` as well; case does not matter (RFC 6749, section 5.1).
    let kind = read.token_type.as_deref().unwrap_or_default();
    if !["bearer", "bearertoken"].iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(unreadable("token type"));
    }
    let access = read.access_token.filter(usable).ok_or(unreadable("access token"))?;
    let refresh = read.refresh_token.filter(|token| !token.is_empty());
    if refresh.as_ref().is_some_and(|token| !usable(token)) {
        return Err(unreadable("refresh token"));
    }
    let (scope, scope_change) =
        grant(read.scope.as_deref().unwrap_or_default(), asked_scope).ok_or(unreadable("scope"))?;
    Ok(Tokens {
        access,
        refresh,
        id_token: read.id_token.filter(|token| !token.is_empty()),
        expires_in_seconds: life(read.expires_in.as_ref()).ok_or(unreadable("expires_in"))?,
        scope,
        scope_change,
        authorization_id: None,
    })
}

/// Not empty, not endless, and nothing that could end a header line (RFC 6749, appendix A.12).
fn usable(token: &Secret) -> bool {
    let bytes = token.expose().as_bytes();
    (1..=LONGEST_TOKEN).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

/// A number or a text of digits; missing, `null` and empty mean [`UNSTATED_LIFE_SECONDS`].
fn life(stated: Option<&Value>) -> Option<u64> {
    let seconds = match stated {
        None | Some(Value::Null) => UNSTATED_LIFE_SECONDS,
        Some(Value::String(text)) if text.is_empty() => UNSTATED_LIFE_SECONDS,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(Value::Number(number)) => number.as_u64()?,
        Some(_) => return None,
    };
    Some(seconds.min(LONGEST_LIFE_SECONDS))
}

/// What may be used of a granted scope. Nothing in common with what was asked for is no grant.
fn grant(granted: &str, asked: &str) -> Option<(String, ScopeChange)> {
    let granted: Vec<&str> = granted.split_ascii_whitespace().collect();
    if granted.is_empty() {
        return Some((asked.to_owned(), ScopeChange::AsAsked));
    }
    let asked: Vec<&str> = asked.split_ascii_whitespace().collect();
    let kept: Vec<&str> = asked.iter().copied().filter(|one| granted.contains(one)).collect();
    let change = if granted.iter().any(|one| !asked.contains(one)) {
        ScopeChange::Wider
    } else if kept.len() < asked.len() {
        ScopeChange::Narrower
    } else {
        ScopeChange::AsAsked
    };
    (!kept.is_empty()).then(|| (kept.join(" "), change))
}
