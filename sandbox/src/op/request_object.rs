//! The signed authorization request (OpenID Connect Core, 6; RFC 9101).

use serde_json::Value;

use super::form::Form;
use crate::bank::Bank;
use crate::jose::Compact;
use crate::state::{Client, Scope};

/// Tolerated difference of clocks, in seconds.
const LEEWAY_SECONDS: i64 = 120;
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
    /// True for `code id_token`: the answer goes into the fragment.
    pub(crate) hybrid: bool,
    claims: Value,
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
    /// Reads the query. An error here must be shown on a page: there is no address to trust yet.
    pub(crate) fn parse(bank: &Bank, query: &Form) -> Result<Self, String> {
        let text = query.get("request").ok_or("The request parameter is missing.")?;
        let compact = Compact::parse(text).map_err(|error| error.to_string())?;
        let claims = compact.claims().map(Value::Object).map_err(|error| error.to_string())?;
        let client_id = query
            .get("client_id")
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
        let signed_or_query = |name: &str| claims[name].as_str().or_else(|| query.get(name));
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
            hybrid: echo("response_type").is_some_and(|kind| kind.contains("id_token")),
            claims: with_query(claims.clone(), query),
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
        let ids =
            ["/claims/id_token/authorizationId/value", "/claims/userinfo/authorizationId/value"];
        let mut ids = ids.iter().filter_map(|path| claims.pointer(path)?.as_str());
        let id = ids.next().ok_or_else(|| object("claims name no authorizationId"))?;
        if ids.any(|other| other != id) {
            return Err(object("claims name two different authorizationIds"));
        }
        Ok(Asked { scope, authorization_id: id.to_owned() })
    }

    /// The redirect address with parameters, in the fragment or in the query as the flow asks.
    pub(crate) fn answer(&self, parameters: &[(&str, &str)]) -> String {
        let mark = match (self.hybrid, self.redirect_uri.contains('?')) {
            (true, _) => '#',
            (false, true) => '&',
            (false, false) => '?',
        };
        let state = self.state.as_deref().map(|state| ("state", state));
        let pairs: Vec<String> = parameters
            .iter()
            .copied()
            .chain(state)
            .map(|(name, value)| format!("{name}={}", super::form::encode(value)))
            .collect();
        format!("{}{mark}{}", self.redirect_uri, pairs.join("&"))
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
    let known = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        accepted.contains(&text.trim_end_matches('/'))
    };
    match audience {
        Value::Array(audiences) => audiences.iter().any(known),
        audience => known(audience),
    }
}
