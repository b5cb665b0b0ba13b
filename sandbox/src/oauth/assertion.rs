//! Client authentication by a signed assertion (RFC 7523, sections 2.2 and 3; OpenID Connect Core 1.0,
//! section 9, `private_key_jwt`).

use chrono::Duration;
use serde_json::Value;

use crate::bank::Bank;
use crate::form::Form;
use crate::jose::Compact;
use crate::state::{Client, Provider};

/// The only type of assertion (RFC 7523, section 2.2).
const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Tolerated difference of clocks, in seconds.
const LEEWAY_SECONDS: i64 = 60;
/// Longest life of an assertion, in seconds.
const LIFE_SECONDS_MAX: i64 = 3_600;

/// Checks the assertion of a form; an assertion is good once.
pub(super) fn check(
    bank: &Bank,
    client: &Client,
    provider: &Provider,
    form: &Form,
) -> Result<(), String> {
    if form.get("client_assertion_type") != Some(KIND) {
        return Err(format!("client_assertion_type must be {KIND}"));
    }
    let text = form.get("client_assertion").ok_or("client_assertion is missing")?;
    let compact = Compact::parse(text).map_err(|error| error.to_string())?;
    compact.verify(&provider.keys).map_err(|error| format!("client_assertion: {error}"))?;
    let claims = compact.claims().map(Value::Object).map_err(|error| error.to_string())?;
    for name in ["iss", "sub"] {
        if claims[name] != client.client_id.as_str() {
            return Err(format!("{name} of the assertion is not the client"));
        }
    }
    // As text, and this issuer alone: an assertion made for another server must be of no use here.
    if claims["aud"] != bank.issuer() {
        return Err("aud of the assertion is not the issuer".to_owned());
    }
    let now = bank.now();
    let expires = claims["exp"].as_i64().ok_or("exp of the assertion is missing")?;
    if expires + LEEWAY_SECONDS < now.timestamp() {
        return Err("the assertion is over".to_owned());
    }
    if expires > now.timestamp() + LIFE_SECONDS_MAX {
        return Err("the assertion lasts longer than an hour".to_owned());
    }
    let name = claims["jti"].as_str().filter(|name| !name.is_empty());
    let name = format!("{} {}", client.client_id, name.ok_or("jti of the assertion is missing")?);
    let kept_until = now + Duration::seconds(LIFE_SECONDS_MAX + LEEWAY_SECONDS);
    bank.change(|state| match state.assertions.get(&name) {
        Some(_) => Err("the assertion was used before".to_owned()),
        None => {
            state.assertions.put(&name, kept_until);
            Ok(())
        }
    })
}
