//! The API: GraphQL, the way back from banks, live updates, and the page itself.

pub mod accounts;
pub mod analysis;
pub mod as_of;
pub mod assets;
pub mod auditing;
pub mod banks;
pub mod calendar;
pub mod connecting;
pub mod connections;
pub mod costs;
pub mod coverage;
pub mod demonstration;
pub mod editing;
pub mod editing_several;
pub mod erasing;
pub mod factors;
pub mod guard;
pub mod guiding;
pub mod health;
pub mod importing;
mod imports;
pub mod insights;
pub mod live;
pub mod operations;
pub mod people;
pub mod programs;
pub mod reading;
mod redeciding;
pub mod renewal;
pub mod reviews;
pub mod roles;
mod rule_versions;
pub mod running;
pub mod scalars;
pub mod server;
pub mod sharing;
pub mod spending;
pub mod statement;
mod taking;
pub mod totals;
pub mod transactions;
pub mod visit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{
    EmptySubscription, MergedObject, Request as GraphqlRequest, Schema, SchemaBuilder, Variables,
};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use domain::id::BankId;
use domain::role::Scope;
use projections::database::counted;
use serde::Deserialize;

use crate::app::App;
use crate::callback::{self, Brought};
use crate::vault::programs::Program;
use guard::{LARGEST_BODY, Peer, RequestId};
use visit::Visit;

/// Deepest nesting of a query.
const DEEPEST_QUERY: usize = 10;
/// Most a query may weigh, with pages counted by their length.
const HEAVIEST_QUERY: usize = 2_000;
/// Most directives on a field.
const MOST_DIRECTIVES: usize = 5;
/// Most fields at the top of a query: each is a look-up, or a password to hash, of its own.
const MOST_TOP_FIELDS: usize = 20;
/// Longest query text, in bytes.
const LONGEST_QUERY: usize = 8 * 1024;

/// Everything that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Queries(
    operations::OperationQueries,
    as_of::AsOfQueries,
    connections::ConnectionQueries,
    accounts::AccountQueries,
    transactions::TransactionQueries,
    spending::SpendingQueries,
    totals::TotalQueries,
    renewal::RenewalQueries,
    reviews::ReviewQueries,
    coverage::CoverageQueries,
    factors::FactorQueries,
    roles::RoleQueries,
    programs::ProgramQueries,
    running::RunningQueries,
    auditing::AuditQueries,
    analysis::AnalysisQueries,
    sharing::SharingQueries,
    insights::InsightQueries,
    guiding::GuidanceQueries,
    statement::StatementQueries,
    redeciding::RedecidingQueries,
    imports::ImportQueries,
    rule_versions::VersionQueries,
);

/// Everything that can be asked for.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutations(
    people::PeopleMutations,
    connecting::ConnectionMutations,
    demonstration::DemonstrationMutations,
    erasing::ErasingMutations,
    renewal::RenewalMutations,
    editing::EditingMutations,
    factors::FactorMutations,
    sharing::SharingMutations,
    roles::RoleMutations,
    programs::ProgramMutations,
    guiding::GuidanceMutations,
    editing_several::SeveralMutations,
    redeciding::RedecidingMutations,
);

/// The schema of the API.
pub type ApiSchema = Schema<Queries, Mutations, EmptySubscription>;

fn builder() -> SchemaBuilder<Queries, Mutations, EmptySubscription> {
    Schema::build(Queries::default(), Mutations::default(), EmptySubscription)
        .limit_depth(DEEPEST_QUERY)
        .limit_complexity(HEAVIEST_QUERY)
        .limit_recursive_depth(DEEPEST_QUERY * 2)
        .limit_directives(MOST_DIRECTIVES)
        .disable_suggestions()
        .extension(costs::Costs)
}

/// The schema as text, as it stands in `schema.graphql`.
#[must_use]
pub fn schema_text() -> String {
    builder().finish().sdl()
}

/// How much the service takes at once, and how long it waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests under way; others are turned away.
    pub requests: usize,
    /// How long a client may take to send a body.
    pub body_within: Duration,
    /// Whose queries are taken.
    pub queries: Queried,
}

/// Whose queries are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queried {
    /// Those of the page, by their digest; and a program's own, where its token has the scope.
    OfThePage,
    /// Everybody's own, within the limits on queries: for tests, and for measuring those limits.
    Any,
}

impl Default for Limits {
    fn default() -> Self {
        let queries = Queried::OfThePage;
        Self { requests: guard::MOST_REQUESTS, body_within: guard::BODY_WITHIN, queries }
    }
}

impl Limits {
    /// The usual ones, with everybody's own queries.
    #[must_use]
    pub fn any_query() -> Self {
        Self { queries: Queried::Any, ..Self::default() }
    }
}

/// What the routes share.
struct Api {
    schema: ApiSchema,
    queries: Queried,
    /// Operations the page may name instead of sending their text.
    documents: HashMap<String, String>,
}

/// The whole service as a router.
pub fn router(app: &Arc<App>) -> Router {
    router_within(app, Limits::default())
}

/// The whole service as a router, within limits of one's own.
pub fn router_within(app: &Arc<App>, limits: Limits) -> Router {
    let schema = builder().disable_introspection().data(Arc::clone(app)).finish();
    let documents = serde_json::from_str(assets::DOCUMENTS).unwrap_or_default();
    let api = Arc::new(Api { schema, queries: limits.queries, documents });
    let changing = Router::new()
        .route("/graphql", post(graphql))
        .route("/token", post(programs::exchange))
        .route("/export", post(taking::take))
        .route("/callback/{bank}", post(way_back))
        .layer(from_fn_with_state(limits.body_within, guard::whole_body))
        // It reads its body by itself, once it is known whose it is.
        .route("/import", post(importing::bring))
        .layer(from_fn(guard::only_our_page));
    Router::new()
        // A browser comes back from a bank by GET; the page takes it from there.
        .route("/callback/{bank}", get(assets::serve))
        .route("/graphql", get(|| async { StatusCode::METHOD_NOT_ALLOWED }))
        .route("/events", get(live::events))
        .route("/calendar/{file}", get(calendar::serve))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/health/startup", get(health::startup))
        .merge(changing)
        .fallback_service(get(assets::serve))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(Extension(api))
        .layer(from_fn_with_state(guard::Room::of(app, limits.requests), guard::not_too_many))
        .layer(from_fn_with_state(Arc::clone(app), guard::protect))
        .with_state(Arc::clone(app))
}

/// What the page, or a tool, posts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    document_id: Option<String>,
    query: Option<String>,
    #[serde(default)]
    variables: serde_json::Value,
    operation_name: Option<String>,
}

fn refused(status: StatusCode, code: &str, message: &str, request_id: RequestId) -> Response {
    let error = serde_json::json!({ "errors": [{
        "message": message,
        "extensions": { "code": code, "requestId": request_id.0 },
    }] });
    (status, Json(error)).into_response()
}

/// How many fields stand at the top of a query, under whatever aliases and in whatever fragments.
fn top_fields(document: &ExecutableDocument) -> usize {
    fn count(set: &SelectionSet) -> usize {
        let fields = set.items.iter().map(|item| match &item.node {
            Selection::Field(_) | Selection::FragmentSpread(_) => 1,
            Selection::InlineFragment(inline) => count(&inline.node.selection_set.node),
        });
        fields.sum()
    }
    let operations = document.operations.iter();
    let operations = operations.map(|(_, operation)| count(&operation.node.selection_set.node));
    let of_the_top = |name: &str| matches!(name, "Query" | "Mutation");
    let fragments = document.fragments.values().map(|fragment| &fragment.node);
    let fragments = fragments
        .filter(|fragment| of_the_top(fragment.type_condition.node.on.node.as_str()))
        .map(|fragment| count(&fragment.selection_set.node));
    operations.chain(fragments).sum()
}

/// The text of what is asked for: a document of the page by its digest, or a text of one's own where
/// that is taken.
fn text_of(
    api: &Api,
    posted: &Posted,
    program: Option<&Program>,
) -> Result<String, (&'static str, &'static str)> {
    match (&posted.document_id, &posted.query) {
        (Some(id), None) => api
            .documents
            .get(id)
            .cloned()
            .ok_or(("UNKNOWN_DOCUMENT", "This page is older than the service; reload it.")),
        (None, Some(text)) => {
            let scoped = program.is_some_and(|program| program.scopes.contains(&Scope::Documents));
            if api.queries == Queried::OfThePage && !scoped {
                return Err((
                    "QUERY_NOT_KNOWN",
                    "Only the page's own operations are taken. A program sends its own with a token \
                     that has the scope `documents`.",
                ));
            }
            if text.len() > LONGEST_QUERY {
                return Err(("QUERY_TOO_LONG", "A query has at most 8192 bytes."));
            }
            Ok(text.clone())
        }
        _ => Err(("MALFORMED", "Send either documentId or query.")),
    }
}

/// Answers a request, and tells how many statements it took (W3C Server Timing): a page is meant to
/// need few.
async fn graphql(
    State(app): State<Arc<App>>,
    Extension(api): Extension<Arc<Api>>,
    Extension(request_id): Extension<RequestId>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = answered(&app, &api, request_id, peer, &headers, &body);
    let (mut response, statements) = counted(answer).await;
    if let Ok(value) = HeaderValue::from_str(&format!("sql;desc=\"{statements}\"")) {
        response.headers_mut().insert(HeaderName::from_static("server-timing"), value);
    }
    response
}

async fn answered(
    app: &Arc<App>,
    api: &Api,
    request_id: RequestId,
    peer: Peer,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let bad = |code, message| refused(StatusCode::BAD_REQUEST, code, message, request_id);
    let Ok(posted) = serde_json::from_slice::<Posted>(body) else {
        return bad("MALFORMED", "The body is not an object with documentId or query.");
    };
    let program = match programs::of_request(app, headers, request_id).await {
        Ok(program) => program,
        Err(answer) => return answer,
    };
    let text = match text_of(api, &posted, program.as_ref()) {
        Ok(text) => text,
        Err((code, message)) => return bad(code, message),
    };
    let unavailable = |error: &crate::vault::VaultError| {
        tracing::error!(request_id = %request_id.0, cause = %error, "sessions cannot be looked up");
        let message = "Nothing can be read or written here for the moment; nothing is lost.";
        refused(StatusCode::SERVICE_UNAVAILABLE, "STORAGE", message, request_id)
    };
    let session = match guard::session(app, headers).await {
        Ok(session) => session,
        Err(error) => return unavailable(&error),
    };
    let mut cookies = Vec::new();
    let session = match session {
        Some(session) if session.renew => match guard::renewed(app, session).await {
            Ok((session, cookie)) => {
                cookies.extend(cookie);
                Some(session)
            }
            Err(error) => return unavailable(&error),
        },
        session => session,
    };
    let attended = session.as_ref().map(|session| guard::attended(peer, session, headers));
    let (moments, cookies) = (as_of::Moments::default(), Mutex::new(cookies));
    let known = guard::known_browser(headers);
    let visit = Arc::new(Visit {
        request_id: request_id.0,
        peer,
        session,
        program,
        attended,
        known,
        moments,
        cookies,
    });
    let mut request = GraphqlRequest::new(text)
        .variables(Variables::from_json(posted.variables))
        .data(Arc::clone(&visit));
    if let Some(name) = posted.operation_name {
        request = request.operation_name(name);
    }
    if request.parsed_query().is_ok_and(|document| top_fields(document) > MOST_TOP_FIELDS) {
        return bad("QUERY_TOO_WIDE", "A query has at most 20 fields at its top.");
    }
    let answer = api.schema.execute(request).await;
    app.metrics.told_errors(answer.errors.len());
    let later = asked_too_much(&answer);
    let mut response = Json(answer).into_response();
    if let Some(seconds) = later {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    for cookie in visit.take_cookies() {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// In how many seconds to come again, if the answer is that too much was asked.
fn asked_too_much(answer: &async_graphql::Response) -> Option<u64> {
    use async_graphql::Value;
    let extensions = answer.errors.iter().filter_map(|error| error.extensions.as_ref());
    let mut limited = extensions.filter(|extensions| {
        matches!(extensions.get("code"), Some(Value::String(code)) if code == costs::RATE_LIMITED)
    });
    match limited.next()?.get(costs::RETRY_AFTER) {
        Some(Value::Number(seconds)) => seconds.as_u64(),
        _ => None,
    }
}

/// What the page found in the address it was sent back to.
#[derive(Deserialize)]
struct CameBack {
    #[serde(default)]
    query: String,
    #[serde(default)]
    fragment: String,
}

async fn way_back(
    State(app): State<Arc<App>>,
    Path(bank): Path<String>,
    Extension(request_id): Extension<RequestId>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let tell = |status: u16, code: &str| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let told = serde_json::json!({ "code": code, "requestId": request_id.0 });
        let mut response = (status, Json(told)).into_response();
        if let Ok(value) = HeaderValue::from_str(code) {
            response.headers_mut().insert(HeaderName::from_static("x-opl-code"), value);
        }
        response
    };
    let Ok(came) = serde_json::from_slice::<CameBack>(&body) else {
        return tell(400, "malformed");
    };
    let Ok(session) = guard::session(&app, &headers).await else {
        return tell(503, "internal");
    };
    let attended = session.as_ref().map(|session| guard::attended(peer, session, &headers));
    let bank_id = BankId(bank);
    let brought = Brought {
        bank_id: &bank_id,
        query: &came.query,
        fragment: &came.fragment,
        session: session.as_ref(),
        request_id: request_id.0,
    };
    match callback::finish(&app, brought, attended).await {
        Ok(finished) => Json(finished).into_response(),
        Err(error) => {
            tracing::warn!(request_id = %request_id.0, code = error.code(), cause = %error, "a callback was refused");
            tell(error.status(), error.code())
        }
    }
}
