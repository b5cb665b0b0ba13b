//! The signed authorization request (OpenID Connect Core, 6; RFC 9101).

use serde_json::Value;

use crate::bank::Bank;
use crate::form::Form;
use crate::jose::Compact;
use crate::state::{Client, Scope};

/// Tolerated difference of clocks, in seconds.
const LEEWAY_SECONDS: i64 = 120;
/// Longest life of a request object, and the oldest `nbf` (FAPI 1.0 Part 2, section 5.2.2), in seconds.
const OBJECT_LIFE_SECONDS_MAX: i64 = 3_600;
/// Longest `state` or `nonce`, in bytes.
const ECHO_BYTES_MAX: usize = 1024;

/// What a browser brought, once the signature is verified and the redirect address is registered.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizeRequest {
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    /// The S256 challenge (RFC 7636).
    pub(crate) challenge: Option<String>,
    /// Where the answer goes.
    pub(crate) place: AnswerPlace,
    /// Where the browser goes after a no, where that is another address.
    pub(crate) turned_away_uri: Option<String>,
    /// True when the request was pushed.
    pushed: bool,
    claims: Value,
}

/// Where the answer to a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerPlace {
    Query,
    /// Of `code id_token`.
    Fragment,
    /// As one signed parameter (JARM).
    Signed,
    /// Nowhere: the browser comes back with nothing, and the consent is asked after.
    Nowhere,
}

/// What the request asks for, once it is valid as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) scope: Scope,
    pub(crate) authorization_id: String,
}

/// An error that may be told to the redirect address: OAuth code and description.
pub(crate) type RedirectError = (&'static str, String);

impl AuthorizeRequest {
    /// Of a consent that says itself where the browser goes: nothing is signed and nothing goes back.
    pub(crate) fn plain(client_id: &str, back: &str, turned_away: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_name: client_id.to_owned(),
            redirect_uri: back.to_owned(),
            state: None,
            nonce: None,
            challenge: None,
            place: AnswerPlace::Nowhere,
            turned_away_uri: Some(turned_away.to_owned()),
            pushed: false,
            claims: Value::Null,
        }
    }

    /// Of a consent that says itself where the browser goes, with a code in the query.
    pub(crate) fn with_code(client_id: &str, back: &str, state: Option<&str>) -> Self {
        Self {
            state: state.map(str::to_owned),
            place: AnswerPlace::Query,
            turned_away_uri: None,
            ..Self::plain(client_id, back, "")
        }
    }

    /// Reads the query. An error here must be shown on a page: there is no address to trust yet.
    pub(crate) fn parse(bank: &Bank, query: &Form) -> Result<Self, String> {
        match (query.get("request"), query.get("request_uri")) {
            (Some(request), None) => Self::of_object(bank, None, request, query, false),
            (None, Some(name)) => {
                // A name is good for one visit (RFC 9126, section 4).
                let pushed = bank.change(|state| state.pushed.remove(name));
                let pushed = pushed.filter(|pushed| pushed.expires > bank.now());
                let pushed = pushed.ok_or("The request_uri is not known, or was used before.")?;
                if query.get("client_id") != Some(&pushed.client_id) {
                    return Err("The request_uri belongs to another client.".to_owned());
                }
                Self::of_object(bank, Some(&pushed.client_id), &pushed.request, query, true)
            }
            (Some(_), Some(_)) => Err("There is a request and a request_uri.".to_owned()),
            (None, None) => Err("The request parameter is missing.".to_owned()),
        }
    }

    /// Reads a signed object; `authenticated` is the client it has to be from, when that is known.
    pub(super) fn of_object(
        bank: &Bank,
        authenticated: Option<&str>,
        text: &str,
        query: &Form,
        pushed: bool,
    ) -> Result<Self, String> {
        let compact = Compact::parse(text).map_err(|error| error.to_string())?;
        let claims = compact.claims().map(Value::Object).map_err(|error| error.to_string())?;
        let client_id = authenticated
            .or_else(|| query.get("client_id"))
            .or_else(|| claims["client_id"].as_str())
            .ok_or("The client_id is missing.")?;
        let (client, keys) = bank
            .read(|state| {
                let client: Client = state.clients.get(client_id)?.clone();
                let keys = state.providers.get(&client.tpp_id)?.keys.clone();
                Some((client, keys))
            })
            .ok_or("The client is not known.")?;
        compact
            .verify(&keys)
            .map_err(|error| format!("The request object is not accepted: {error}."))?;
        for name in ["iss", "client_id"] {
            let wrong = claims[name].as_str().is_some_and(|value| value != client_id);
            if wrong || (name == "iss" && claims[name].is_null()) {
                return Err(format!("The {name} of the request object is not the client."));
            }
        }
        // FAPI 1.0 Part 2, section 5.2.2: only what is inside the signed object counts.
        let strict = bank.house.strict;
        let signed_or_query =
            |name: &str| claims[name].as_str().or_else(|| query.get(name).filter(|_| !strict));
        let redirect_uri = signed_or_query("redirect_uri").ok_or("The redirect_uri is missing.")?;
        if !client.redirect_uris.iter().any(|known| known == redirect_uri) {
            return Err("The redirect_uri is not registered for this client.".to_owned());
        }
        let echo = |name: &str| signed_or_query(name).map(str::to_owned);
        Ok(Self {
            client_id: client.client_id.clone(),
            client_name: client.client_name.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: echo("state").filter(|state| state.len() <= ECHO_BYTES_MAX),
            nonce: echo("nonce").filter(|nonce| nonce.len() <= ECHO_BYTES_MAX),
            challenge: echo("code_challenge"),
            place: match (echo("response_mode").as_deref(), echo("response_type").as_deref()) {
                (Some("jwt" | "query.jwt"), _) if strict => AnswerPlace::Signed,
                (_, Some(kind)) if kind.contains("id_token") => AnswerPlace::Fragment,
                _ => AnswerPlace::Query,
            },
            turned_away_uri: None,
            pushed,
            claims: if strict { claims.clone() } else { with_query(claims.clone(), query) },
        })
    }

    /// Checks the rest. An error here goes to the redirect address.
    pub(crate) fn validate(&self, bank: &Bank) -> Result<Asked, RedirectError> {
        let object = |text: &str| ("invalid_request_object", text.to_owned());
        let claims = &self.claims;
        match claims["response_type"].as_str() {
            Some("code") => {}
            Some("code id_token" | "id_token code") if self.nonce.is_some() => {}
            Some("code id_token" | "id_token code") => {
                return Err(("invalid_request", "nonce is missing".to_owned()));
            }
            _ => {
                let text = "response_type is code or code id_token".to_owned();
                return Err(("unsupported_response_type", text));
            }
        }
        if bank.house.strict {
            self.validate_strictly(bank)?;
        }
        let now = bank.now().timestamp();
        if claims["exp"].as_f64().is_some_and(|exp| exp as i64 + LEEWAY_SECONDS < now) {
            return Err(object("the request object is over (exp)"));
        }
        if claims["iat"].as_f64().is_some_and(|iat| iat as i64 - LEEWAY_SECONDS > now) {
            return Err(object("the request object is from the future (iat)"));
        }
        if !audience_accepted(bank, &claims["aud"]) {
            return Err(object("aud is not this bank"));
        }
        let words: Vec<&str> = claims["scope"].as_str().unwrap_or_default().split(' ').collect();
        let scopes: Vec<Scope> = words.iter().filter_map(|word| Scope::from_word(word)).collect();
        let [scope] = scopes[..] else {
            let text = "scope is openid with one of accounts, payments, fundsconfirmations";
            return Err(("invalid_scope", text.to_owned()));
        };
        if !words.contains(&"openid") {
            return Err(("invalid_scope", "scope lacks openid".to_owned()));
        }
        let claim = bank.house.intent_claim;
        let ids = ["id_token", "userinfo"].map(|part| format!("/claims/{part}/{claim}/value"));
        let mut ids = ids.iter().filter_map(|path| claims.pointer(path)?.as_str());
        let id = ids.next().ok_or_else(|| object("claims name no consent"))?;
        if ids.any(|other| other != id) {
            return Err(object("claims name two different consents"));
        }
        Ok(Asked { scope, authorization_id: id.to_owned() })
    }

    /// FAPI 1.0 Part 2, section 5.2.2, and for pushed requests the PKCE of its item 18.
    fn validate_strictly(&self, bank: &Bank) -> Result<(), RedirectError> {
        let object = |text: &str| ("invalid_request_object", text.to_owned());
        let claims = &self.claims;
        let second = |name: &str| claims[name].as_f64().map(|second| second as i64);
        let now = bank.now().timestamp();
        let expires = second("exp").ok_or_else(|| object("exp is missing"))?;
        let begins = second("nbf").ok_or_else(|| object("nbf is missing"))?;
        if begins < now - OBJECT_LIFE_SECONDS_MAX {
            return Err(object("nbf is more than an hour ago"));
        }
        if begins > now + LEEWAY_SECONDS {
            return Err(object("nbf is in the future"));
        }
        if expires > begins + OBJECT_LIFE_SECONDS_MAX {
            return Err(object("exp is more than an hour after nbf"));
        }
        if self.place == AnswerPlace::Query {
            let text = "plain code is refused: ask for code id_token, or for response_mode jwt";
            return Err(("invalid_request", text.to_owned()));
        }
        if self.nonce.is_none() || self.state.is_none() {
            return Err(("invalid_request", "nonce or state is missing".to_owned()));
        }
        let method = claims["code_challenge_method"].as_str();
        match (&self.challenge, method) {
            (Some(_), Some("S256")) => Ok(()),
            (Some(_), _) => {
                Err(("invalid_request", "code_challenge_method must be S256".to_owned()))
            }
            (None, _) if self.pushed => {
                Err(("invalid_request", "a pushed request needs code_challenge".to_owned()))
            }
            (None, _) => Ok(()),
        }
    }
}

/// Takes `scope` and `response_type` from the query when the signed object does not say them.
fn with_query(mut claims: Value, query: &Form) -> Value {
    for name in ["scope", "response_type"] {
        if claims[name].is_null()
            && let Some(value) = query.get(name)
        {
            claims[name] = value.into();
        }
    }
    claims
}

fn audience_accepted(bank: &Bank, audience: &Value) -> bool {
    let accepted = [
        "https://mtls.apis.op.fi",
        "https://mtls-apis.psd2-sandbox.op.fi",
        "https://psd2.mtls.sandbox.apis.op.fi",
        &bank.addresses.mtls,
        &bank.addresses.authorize,
    ];
    let issuer = [bank.issuer()];
    let accepted = if bank.house.strict { &issuer[..] } else { &accepted[..] };
    let known = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        accepted.contains(&text.trim_end_matches('/'))
    };
    match audience {
        Value::Array(audiences) => audiences.iter().any(known),
        audience => known(audience),
    }
}
