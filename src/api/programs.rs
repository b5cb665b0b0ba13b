//! Tokens for programs: the page that issues them, and the exchange a program makes (RFC 6749,
//! section 6) for five minutes of access.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::id::{RoleId, TokenId};
use domain::role::{Role, Scope};
use projections::roles::TokenRow;
use serde::Deserialize;
use serde_json::json;

use super::guard::RequestId;
use super::roles::{not_allowed, standing, told, use_role};
use super::scalars::{Instant, Position};
use super::visit::{app, caught_up, internal, person, visit};
use crate::app::App;
use crate::connectors::Secret;
use crate::pace::Allowance;
use crate::programs::{self, ProgramError, Wanted};
use crate::vault::VaultError;
use crate::vault::programs::{ACCESS_SECONDS, Program};

/// Most scopes one request may name.
const MOST_SCOPES: usize = Scope::ALL.len();

/// What a program may do by a token.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Scope", name = "TokenScope")]
pub enum TokenScope {
    /// Events by who, kind and person, headers only.
    Timeline,
    /// Stories of registrations, consents and roles.
    Stories,
    /// Records with their proofs.
    Proofs,
    /// By whose leave a fact was fetched, what could be read, and calls that should not have been made.
    Lawfulness,
    /// Days, amounts and categories under pseudonyms.
    Analysis,
    /// Queries in the program's own words.
    Documents,
}

/// A token a program was given.
pub struct ProgramToken(TokenRow, bool);

#[Object]
impl ProgramToken {
    /// Its identifier; not what opens anything.
    async fn id(&self) -> ID {
        ID(self.0.token_id.to_string())
    }
    /// The giving of a role it hangs on.
    async fn role_id(&self) -> ID {
        ID(self.0.role_id.to_string())
    }
    /// Who holds the role.
    async fn holder(&self) -> ID {
        ID(self.0.holder.to_string())
    }
    /// What it opens.
    async fn scopes(&self) -> Vec<TokenScope> {
        self.0.scopes.iter().map(|scope| TokenScope::from(*scope)).collect()
    }
    /// What it is for, as a code.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
    /// When it was issued.
    async fn issued_at(&self) -> Instant {
        Instant(self.0.issued_at)
    }
    /// When it ends by itself.
    async fn ends_at(&self) -> Instant {
        Instant(self.0.ends_at)
    }
    /// When it was revoked.
    async fn revoked_at(&self) -> Option<Instant> {
        self.0.revoked_at.map(Instant)
    }
    /// How often something was read by it.
    async fn uses(&self) -> i32 {
        i32::try_from(self.0.uses).unwrap_or(i32::MAX)
    }
    /// When something was last read by it.
    async fn used_at(&self) -> Option<Instant> {
        self.0.used_at.map(Instant)
    }
    /// Whether it can be used now, as far as it is about the token alone.
    async fn stands(&self) -> bool {
        self.1
    }
}

/// A token that is to be issued.
#[derive(InputObject)]
pub struct TokenToIssue {
    /// The giving of a role it hangs on.
    role_id: ID,
    /// What it opens.
    scopes: Vec<TokenScope>,
    /// When it ends by itself: at most 90 days from now, and not after its role.
    ends_at: Instant,
    /// What it is for, as a code.
    reason: String,
}

/// A token that was issued.
#[derive(SimpleObject)]
pub struct IssuedToken {
    /// Its identifier.
    id: ID,
    /// What the program is given: shown this once and kept nowhere.
    refresh_token: String,
    /// Where it stands in the log.
    position: Position,
}

/// What revoking a token came to.
#[derive(SimpleObject)]
pub struct RevokedToken {
    /// Which.
    id: ID,
    /// Where it stands in the log.
    position: Position,
}

fn listed(app: &App, rows: Vec<TokenRow>) -> Vec<ProgramToken> {
    let now = app.clock.now();
    rows.into_iter()
        .map(|row| (row.stands(now), row))
        .map(|(s, row)| ProgramToken(row, s))
        .collect()
}

fn refusal(context: &Context<'_>, error: ProgramError) -> async_graphql::Error {
    match error {
        ProgramError::Role(error) => told(context, error),
        error => internal(context, error),
    }
}

/// Reading about tokens.
#[derive(Default)]
pub struct ProgramQueries;

#[Object]
impl ProgramQueries {
    /// The tokens of the roles who asks holds, newest first.
    async fn my_tokens(
        &self,
        context: &Context<'_>,
        at_least: Option<Position>,
    ) -> Result<Vec<ProgramToken>> {
        let (app, user_id) = (app(context)?, person(context)?);
        caught_up(context, at_least).await?;
        let rows = app.read.roles().tokens_of(user_id).await;
        Ok(listed(app, rows.map_err(|error| internal(context, error))?))
    }

    /// Every token, newest first; for operators.
    async fn tokens(&self, context: &Context<'_>) -> Result<Vec<ProgramToken>> {
        let app = app(context)?;
        let own = standing(context, Role::Operator).await?;
        use_role(context, &own, Role::Operator, "tokens", None, None).await?;
        let rows = app.read.roles().tokens().await;
        Ok(listed(app, rows.map_err(|error| internal(context, error))?))
    }
}

/// Issuing tokens and taking them back.
#[derive(Default)]
pub struct ProgramMutations;

#[Object]
impl ProgramMutations {
    /// Issues a token by a role of who asks.
    async fn issue_token(&self, context: &Context<'_>, token: TokenToIssue) -> Result<IssuedToken> {
        let (app, holder) = (app(context)?, person(context)?);
        let role_id: RoleId = token.role_id.parse().map_err(|_| not_allowed(context))?;
        let scopes = token.scopes.into_iter().take(MOST_SCOPES + 1).map(Scope::from).collect();
        let Instant(ends_at) = token.ends_at;
        let wanted = Wanted { role_id, scopes, ends_at, reason: token.reason };
        let request_id = visit(context)?.request_id;
        let issued = programs::issue(app, Some(holder), request_id, wanted).await;
        let issued = issued.map_err(|error| refusal(context, error))?;
        Ok(IssuedToken {
            id: ID(issued.token_id.to_string()),
            refresh_token: issued.refresh.expose().to_owned(),
            position: Position(issued.position),
        })
    }

    /// Takes a token back: its holder, or an operator.
    async fn revoke_token(
        &self,
        context: &Context<'_>,
        id: ID,
        reason: String,
    ) -> Result<RevokedToken> {
        let (app, user_id) = (app(context)?, person(context)?);
        let token_id: TokenId = id.parse().map_err(|_| not_allowed(context))?;
        let row =
            app.read.roles().token(token_id).await.map_err(|error| internal(context, error))?;
        let holder = row.as_ref().is_some_and(|row| row.holder == user_id);
        if !holder {
            let own = standing(context, Role::Operator).await?;
            let object = Some(token_id.to_string());
            use_role(context, &own, Role::Operator, "revoke_token", None, object).await?;
        }
        let role_id = row.ok_or_else(|| not_allowed(context))?.role_id;
        let request_id = visit(context)?.request_id;
        let by = Some(user_id);
        let revoked = programs::revoke(app, by, request_id, role_id, token_id, &reason).await;
        let position = revoked.map_err(|error| refusal(context, error))?;
        Ok(RevokedToken { id, position: Position(position) })
    }
}

/// What a program posts to `/token`.
#[derive(Deserialize)]
struct Asked {
    grant_type: String,
    refresh_token: String,
}

fn failed(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}

/// An answer to whoever asks too fast.
pub fn slower(wait: std::time::Duration) -> Response {
    let mut response = failed(StatusCode::TOO_MANY_REQUESTS, "slow_down");
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}

/// Exchanges a refresh token for access and the next refresh token.
pub(super) async fn exchange(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    body: Bytes,
) -> Response {
    let Ok(Asked { grant_type, refresh_token }) = serde_json::from_slice(&body) else {
        return failed(StatusCode::BAD_REQUEST, "invalid_request");
    };
    if grant_type != "refresh_token" {
        return failed(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let refresh = Secret::new(refresh_token);
    let whose = match app.programs.family(&refresh).await {
        Ok(Some(token_id)) => token_id,
        Ok(None) => return failed(StatusCode::BAD_REQUEST, "invalid_grant"),
        Err(error) => return unavailable(request_id, &error),
    };
    if let Err(wait) = app.pace.take(Allowance::Exchanges, whose.0) {
        return slower(wait);
    }
    match programs::exchange(&app, request_id.0, &refresh).await {
        Ok(Some(done)) => Json(json!({
            "access_token": done.access.expose(), "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS, "refresh_token": done.refresh.expose(),
        }))
        .into_response(),
        Ok(None) => failed(StatusCode::BAD_REQUEST, "invalid_grant"),
        Err(error) => unavailable(request_id, &error),
    }
}

fn unavailable(request_id: RequestId, cause: &dyn std::fmt::Display) -> Response {
    tracing::error!(request_id = %request_id.0, %cause, "tokens of programs cannot be exchanged");
    failed(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
}

/// The program of a request with an access token (RFC 6750, section 2.1); none without one.
///
/// # Errors
/// The answer: a token that is not taken, a session beside it, or asking too fast.
pub(super) async fn of_request(
    app: &App,
    headers: &HeaderMap,
    request_id: RequestId,
) -> std::result::Result<Option<Program>, Response> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let refused = || {
        let mut response = failed(StatusCode::UNAUTHORIZED, "invalid_token");
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        response
    };
    // Two of them, or a cookie beside, leave open who asks.
    if given.next().is_some() || headers.contains_key(header::COOKIE) {
        return Err(refused());
    }
    let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
    let Some(token) = token else { return Err(refused()) };
    let found: std::result::Result<_, VaultError> = app.programs.of_access(token).await;
    let program = found.map_err(|error| unavailable(request_id, &error))?.ok_or_else(refused)?;
    app.pace.take(Allowance::Requests, program.token_id.0).map_err(slower)?;
    Ok(Some(program))
}
