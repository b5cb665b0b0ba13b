//! The API: GraphQL, the way back from banks, live updates, and the page itself.

pub mod accounts;
pub mod analysis;
mod answering;
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
mod schema;
pub mod server;
pub mod sharing;
pub mod spending;
pub mod statement;
mod taking;
pub mod totals;
pub mod transactions;
pub mod visit;
mod way_back;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::app::App;
use guard::LARGEST_BODY;
pub use schema::{ApiSchema, Mutations, Queries, schema_text};

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
    let schema = schema::builder().disable_introspection().data(Arc::clone(app)).finish();
    let documents = serde_json::from_str(assets::DOCUMENTS).unwrap_or_default();
    let api = Arc::new(Api { schema, queries: limits.queries, documents });
    let changing = Router::new()
        .route("/graphql", post(answering::graphql))
        .route("/token", post(programs::exchange))
        .route("/export", post(taking::take))
        .route("/callback/{bank}", post(way_back::way_back))
        .layer(from_fn_with_state(limits.body_within, guard::whole_body))
        // It reads its body by itself, once it is known whose it is.
        .route("/import", post(importing::bring))
        .layer(from_fn(guard::only_our_page));
    Router::new()
        // A browser comes back from a bank by GET; the page takes it from there.
        .route("/callback/{bank}", get(assets::serve))
        // Files are brought to where the page of them is.
        .route("/import", get(assets::serve))
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
