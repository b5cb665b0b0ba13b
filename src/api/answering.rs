//! `POST /graphql`: which text is executed, for whom, and how the answer goes out.

use std::sync::{Arc, Mutex};

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Request as GraphqlRequest, Variables};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::role::Scope;
use projections::database::counted;
use serde::Deserialize;

use super::guard::{self, Peer, RequestId};
use super::visit::Visit;
use super::{Api, Queried, as_of, costs, programs};
use crate::app::App;
use crate::vault::VaultError;
use crate::vault::programs::Program;

/// Most fields at the top of a query: each is a look-up, or a password to hash, of its own.
const MOST_TOP_FIELDS: usize = 20;
/// Longest query text, in bytes.
const LONGEST_QUERY: usize = 8 * 1024;

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
pub(super) async fn graphql(
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
    let visit = match visit(app, request_id, peer, headers, program).await {
        Ok(visit) => Arc::new(visit),
        Err(error) => {
            tracing::error!(request_id = %request_id.0, cause = %error, "sessions cannot be looked up");
            let message = "Nothing can be read or written here for the moment; nothing is lost.";
            return refused(StatusCode::SERVICE_UNAVAILABLE, "STORAGE", message, request_id);
        }
    };
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

/// Who asks, and what goes with it. A session that is due is renewed, with its cookie.
async fn visit(
    app: &App,
    request_id: RequestId,
    peer: Peer,
    headers: &HeaderMap,
    program: Option<Program>,
) -> Result<Visit, VaultError> {
    let mut cookies = Vec::new();
    let session = match guard::session(app, headers).await? {
        Some(session) if session.renew => {
            let (session, cookie) = guard::renewed(app, session).await?;
            cookies.extend(cookie);
            Some(session)
        }
        session => session,
    };
    let attended = session.as_ref().map(|session| guard::attended(peer, session, headers));
    Ok(Visit {
        request_id: request_id.0,
        peer,
        session,
        program,
        attended,
        known: guard::known_browser(headers),
        moments: as_of::Moments::default(),
        cookies: Mutex::new(cookies),
    })
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
