//! The four grants of the token endpoint.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::id_token::{self, IdToken};
use super::token::{TokenRefusal, TokenRequest};
use crate::calls::TokenKind;
use crate::chance::secret_text;
use crate::jose::{Compact, sha256_url};
use crate::op::payment_authorizations;
use crate::state::{Authorization, RefreshToken, Scope, State, Status, Token};

/// Normal life of an access token, in seconds.
const TOKEN_LIFE_SECONDS: u32 = 3600;
/// The same at a bank that follows FAPI to the letter.
const STRICT_TOKEN_LIFE_SECONDS: u32 = 300;
/// How long a replaced refresh token is still accepted, in seconds: page loads in parallel may
/// present it twice.
const REFRESH_GRACE_SECONDS: i64 = 10;

/// `client_credentials` with exactly one scope.
pub(crate) fn client_credentials(request: &TokenRequest<'_>) -> Result<Value, TokenRefusal> {
    let scope = Scope::from_word(request.required("scope")?).ok_or_else(|| {
        TokenRefusal::new("invalid_scope", "scope is one of accounts, payments, fundsconfirmations")
    })?;
    if !request.client.roles.contains(&scope.role()) {
        return Err(TokenRefusal::new("invalid_scope", "the client has no role for this scope"));
    }
    let life = life_seconds(request);
    let access_token = format!("cc-{}", secret_text(20));
    let token = new_token(request, TokenKind::Client, scope, None, life);
    request.bank.change(|state| state.tokens.put(&access_token, token));
    Ok(json!({
        "token_type": "Bearer",
        "access_token": access_token,
        "scope": scope.word(),
        "status": "approved",
        "expires_in": life,
    }))
}

/// `authorization_code`: single use, bound to client and redirect address.
pub(crate) fn authorization_code(request: &TokenRequest<'_>) -> Result<Value, TokenRefusal> {
    let code_text = request.required("code")?;
    let redirect_uri = request.required("redirect_uri")?;
    let client_id = &request.client.client_id;
    let life = life_seconds(request);
    let now = request.bank.now();
    let (authorization, nonce, tokens) = request.bank.change(|state| {
        let code = state
            .codes
            .get_mut(code_text)
            .filter(|code| code.client_id == *client_id)
            .ok_or_else(|| TokenRefusal::grant("the code is not known"))?;
        if code.used {
            return Err(TokenRefusal::grant("the code was used before"));
        }
        if code.expires <= now {
            return Err(TokenRefusal::grant("the code is too old"));
        }
        if code.redirect_uri != redirect_uri {
            return Err(TokenRefusal::grant("redirect_uri differs from the authorization request"));
        }
        let verifier = request.form.get("code_verifier");
        let verified = match (&code.challenge, verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => *challenge == sha256_url(verifier),
            _ => false,
        };
        if !verified {
            return Err(TokenRefusal::grant("code_verifier does not fit the code_challenge"));
        }
        code.used = true;
        let (id, nonce) = (code.authorization_id.clone(), code.nonce.clone());
        let authorization = living(state, &id, now)?;
        let tokens = issue(state, request, &authorization, life);
        Ok((authorization, nonce, tokens))
    })?;
    let id_token = back_token(request, &authorization, nonce, &tokens)?;
    Ok(user_answer(&authorization, &tokens, life, id_token))
}

/// `refresh_token`: rotates; the replaced token stays good for a few seconds.
pub(crate) fn refresh_token(request: &TokenRequest<'_>) -> Result<Value, TokenRefusal> {
    let presented = request.required("refresh_token")?;
    let now = request.bank.now();
    let life = life_seconds(request);
    if request.bank.house.strict {
        return refresh_without_rotation(request, presented, life);
    }
    let (authorization, tokens) = request.bank.change(|state| {
        let refresh = state
            .refresh_tokens
            .get_mut(presented)
            .filter(|refresh| refresh.client_id == request.client.client_id)
            .ok_or_else(|| TokenRefusal::grant("the refresh token is not known"))?;
        let replaced = *refresh.replaced.get_or_insert(now);
        if replaced + Duration::seconds(REFRESH_GRACE_SECONDS) < now {
            return Err(TokenRefusal::grant("the refresh token was replaced"));
        }
        let id = refresh.authorization_id.clone();
        let authorization = living(state, &id, now)?;
        let tokens = issue(state, request, &authorization, life);
        Ok((authorization, tokens))
    })?;
    let id_token = back_token(request, &authorization, None, &tokens)?;
    Ok(user_answer(&authorization, &tokens, life, id_token))
}

/// FAPI 2.0 Security Profile, section 5.3.2.1: refresh tokens are not rotated. The answer names none.
fn refresh_without_rotation(
    request: &TokenRequest<'_>,
    presented: &str,
    life: u32,
) -> Result<Value, TokenRefusal> {
    let now = request.bank.now();
    let (authorization, access) = request.bank.change(|state| {
        let refresh = state
            .refresh_tokens
            .get(presented)
            .filter(|refresh| refresh.client_id == request.client.client_id)
            .ok_or_else(|| TokenRefusal::grant("the refresh token is not known"))?;
        let id = refresh.authorization_id.clone();
        let authorization = living(state, &id, now)?;
        let access = format!("at-{}", secret_text(20));
        let token = new_token(request, TokenKind::User, authorization.scope, Some(id), life);
        state.tokens.put(&access, token);
        Ok((authorization, access))
    })?;
    let tokens = Tokens { access, refresh: presented.to_owned() };
    let id_token = back_token(request, &authorization, None, &tokens)?;
    let mut answer = user_answer(&authorization, &tokens, life, id_token);
    if let Some(members) = answer.as_object_mut() {
        members.remove("refresh_token");
    }
    Ok(answer)
}

/// `jwt-bearer`: the exemption from strong authentication for small payments (RTS Art. 16).
pub(crate) fn exemption(request: &TokenRequest<'_>) -> Result<Value, TokenRefusal> {
    if request.required("scope")? != Scope::Payments.word() {
        return Err(TokenRefusal::new("invalid_scope", "the exemption is for payments"));
    }
    let compact = Compact::parse(request.required("assertion")?)
        .map_err(|error| TokenRefusal::grant(error.to_string()))?;
    let keys = request.bank.read(|state| {
        let provider = state.providers.get(&request.client.tpp_id);
        provider.map(|provider| provider.keys.clone()).unwrap_or_default()
    });
    compact.verify(&keys).map_err(|error| TokenRefusal::grant(format!("assertion: {error}")))?;
    let claims = compact
        .claims()
        .map(Value::Object)
        .map_err(|error| TokenRefusal::grant(error.to_string()))?;
    if claims["iss"] != request.client.client_id.as_str() {
        return Err(TokenRefusal::grant("iss of the assertion is not the client"));
    }
    if claims["exp"].as_i64().is_some_and(|exp| exp + 120 < request.bank.now().timestamp()) {
        return Err(TokenRefusal::grant("the assertion is over"));
    }
    let id = claims
        .pointer("/claims/id_token/authorizationId/value")
        .or_else(|| claims.pointer("/claims/userinfo/authorizationId/value"))
        .and_then(Value::as_str)
        .ok_or_else(|| TokenRefusal::grant("the assertion names no authorizationId"))?;
    let life = life_seconds(request);
    let (authorization, tokens) = request.bank.change(|state| {
        let authorization =
            payment_authorizations::exempt(request.bank, state, &request.client.client_id, id)
                .map_err(TokenRefusal::grant)?;
        let tokens = issue(state, request, &authorization, life);
        Ok((authorization, tokens))
    })?;
    let id_token = back_token(request, &authorization, None, &tokens)?;
    Ok(user_answer(&authorization, &tokens, life, id_token))
}

/// An access token with its refresh token.
struct Tokens {
    access: String,
    refresh: String,
}

fn life_seconds(request: &TokenRequest<'_>) -> u32 {
    let usual =
        if request.bank.house.strict { STRICT_TOKEN_LIFE_SECONDS } else { TOKEN_LIFE_SECONDS };
    request.bank.faults.lifetime_seconds().unwrap_or(usual)
}

fn new_token(
    request: &TokenRequest<'_>,
    kind: TokenKind,
    scope: Scope,
    authorization_id: Option<String>,
    life: u32,
) -> Token {
    Token {
        kind,
        client_id: request.client.client_id.clone(),
        scope,
        authorization_id,
        expires: request.bank.now() + Duration::seconds(i64::from(life)),
        certificate: request.certificate.clone(),
    }
}

fn living(state: &State, id: &str, now: DateTime<Utc>) -> Result<Authorization, TokenRefusal> {
    let authorization = state
        .authorizations
        .get(id)
        .ok_or_else(|| TokenRefusal::grant("the authorization is not known"))?;
    let status = authorization.status_at(now);
    match (status, authorization.scope) {
        (Status::Authorized, _) | (Status::Completed, Scope::Payments) => Ok(authorization.clone()),
        _ => Err(TokenRefusal::grant(format!("the authorization is {status:?}"))),
    }
}

fn issue(
    state: &mut State,
    request: &TokenRequest<'_>,
    authorization: &Authorization,
    life: u32,
) -> Tokens {
    let tokens = Tokens {
        access: format!("at-{}", secret_text(20)),
        refresh: format!("rt-{}", secret_text(20)),
    };
    let id = Some(authorization.id.clone());
    let token = new_token(request, TokenKind::User, authorization.scope, id, life);
    state.tokens.put(&tokens.access, token);
    let refresh = RefreshToken {
        client_id: request.client.client_id.clone(),
        authorization_id: authorization.id.clone(),
        replaced: None,
    };
    state.refresh_tokens.put(&tokens.refresh, refresh);
    tokens
}

fn back_token(
    request: &TokenRequest<'_>,
    authorization: &Authorization,
    nonce: Option<String>,
    tokens: &Tokens,
) -> Result<Option<String>, TokenRefusal> {
    let token = IdToken {
        client_id: &request.client.client_id,
        authorization_id: &authorization.id,
        nonce: nonce.as_deref(),
    };
    id_token::back(request.bank, &token, &tokens.access, &tokens.refresh)
        .map_err(|error| TokenRefusal::new("server_error", error.to_string()))
}

fn user_answer(
    authorization: &Authorization,
    tokens: &Tokens,
    life: u32,
    id_token: Option<String>,
) -> Value {
    let mut answer = json!({
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "scope": format!("openid {}", authorization.scope.word()),
        "token_type": "Bearer",
        "expires_in": life,
    });
    if let Some(id_token) = id_token {
        answer["id_token"] = id_token.into();
    }
    answer
}
