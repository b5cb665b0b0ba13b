//! Files of statements from the page: shown first, then imported. Files are larger than what the
//! API's own body limit takes, so they have an address of their own, behind the same guards.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::AccountId;
use domain::money::{Currency, Money};
use formats::csv::mapping::{Column, Proposal, Role};
use formats::{BalanceCheck, DayBalance, Format, LARGEST_FILE, Mapping};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::guard::{self, RequestId};
use crate::app::App;
use crate::importing::{
    self, AccountPreview, Brought, ImportError, Imported, Preview, ShownRow, Target, Verdict,
};

/// Largest request: the largest file in base64, with its mapping and names.
pub const LARGEST_IMPORT: usize = LARGEST_FILE / 3 * 4 + 64 * 1024;
/// How long a request may take to arrive: it holds one of few places.
const READ_WITHIN: Duration = Duration::from_secs(60);
/// Most files that are read at the same time: each is in memory several times over.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What the page posts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Posted {
    /// The exact bytes, base64.
    content: String,
    file_name: Option<String>,
    /// How to read a table; without it the table is looked at.
    mapping: Option<Mapping>,
    currency: Option<Currency>,
    account_id: Option<AccountId>,
    new_account: Option<String>,
    #[serde(default)]
    despite_balance: bool,
    /// Whether to store what the file adds; otherwise it is only shown.
    #[serde(default)]
    confirm: bool,
}

fn tell(status: StatusCode, told: Value) -> Response {
    (status, Json(told)).into_response()
}

fn refuse(request_id: RequestId, status: StatusCode, code: &str) -> Response {
    tell(status, json!({ "problem": { "code": code, "requestId": request_id.0 } }))
}

/// Shows what a file would add, or imports it.
pub async fn bring(
    State(app): State<Arc<App>>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    // Nobody's file is read before it is known whose it is.
    let session = match guard::session(&app, request.headers()).await {
        Ok(Some(session)) => session,
        Ok(None) => return refuse(request_id, StatusCode::UNAUTHORIZED, "unauthenticated"),
        Err(error) => {
            tracing::error!(request_id = %request_id.0, cause = %error, "sessions cannot be looked up");
            return refuse(request_id, StatusCode::SERVICE_UNAVAILABLE, "storage");
        }
    };
    let Ok(_room) = AT_ONCE.acquire().await else {
        return refuse(request_id, StatusCode::SERVICE_UNAVAILABLE, "storage");
    };
    let body = to_bytes(request.into_body(), LARGEST_IMPORT);
    let body = match tokio::time::timeout(READ_WITHIN, body).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return refuse(request_id, StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        Err(_) => return refuse(request_id, StatusCode::REQUEST_TIMEOUT, "too_slow"),
    };
    let malformed = || refuse(request_id, StatusCode::BAD_REQUEST, "malformed");
    let Ok(posted) = serde_json::from_slice::<Posted>(&body) else { return malformed() };
    let Ok(bytes) = STANDARD.decode(&posted.content) else { return malformed() };
    drop(body);
    let target = match (posted.account_id, posted.new_account) {
        (Some(account_id), _) => Target::Known(account_id),
        (None, Some(name)) => Target::Named(name),
        (None, None) => Target::AsNamed,
    };
    let brought = Brought {
        bytes,
        file_name: posted.file_name,
        mapping: posted.mapping,
        currency: posted.currency,
        target,
        despite_balance: posted.despite_balance,
    };
    let table = table(&brought);
    let done = if posted.confirm {
        let done = importing::import(&app, session.user_id, request_id.0, &brought).await;
        done.map(|imported| json!({ "imported": imported_json(&imported) }))
    } else {
        let shown = importing::preview(&app, session.user_id, &brought).await;
        shown.map(|preview| json!({ "preview": preview_json(&preview) }))
    };
    let (status, mut told) = match done {
        Ok(told) => (StatusCode::OK, told),
        Err(error) => problem(request_id, &error),
    };
    // Whatever became of it, the person sees how the table is read and can say otherwise.
    if let (Some(table), Value::Object(told)) = (table, &mut told) {
        told.insert("table".to_owned(), table);
    }
    tell(status, told)
}

fn problem(request_id: RequestId, error: &ImportError) -> (StatusCode, Value) {
    let code = error.code();
    let status = if code == "internal" {
        tracing::error!(request_id = %request_id.0, cause = %error, "an import failed");
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let message = if code == "internal" { String::new() } else { error.to_string() };
    let told = json!({
        "code": code, "line": error.line(), "message": message, "requestId": request_id.0,
    });
    (status, json!({ "problem": told }))
}

/// How a table is read, with its first rows; none for other formats.
fn table(brought: &Brought) -> Option<Value> {
    if formats::detect(&brought.bytes) != Ok(Format::Csv) {
        return None;
    }
    let proposal = formats::csv::proposal(&brought.bytes, brought.mapping.as_ref()).ok()?;
    let Proposal { mapping, headings, sample, .. } = proposal;
    let columns = headings.len().max(sample.iter().map(Vec::len).max().unwrap_or(0));
    let roles: Vec<Option<Role>> =
        (0..columns).map(|place| role_of(&mapping, &headings, place)).collect();
    Some(json!({
        "mapping": mapping, "headings": headings, "sample": sample, "roles": roles,
        "toml": mapping.to_toml(),
    }))
}

/// What the mapping reads from the column at a place.
fn role_of(mapping: &Mapping, headings: &[String], place: usize) -> Option<Role> {
    let is_it = |column: &Column| match column {
        Column::Place(one) => usize::try_from(*one).ok() == Some(place + 1),
        Column::Heading(heading) => headings.get(place) == Some(heading),
    };
    let found = mapping.columns.iter().find(|(_, columns)| columns.iter().any(is_it));
    found.map(|(role, _)| *role)
}

#[derive(Serialize)]
struct Amount {
    minor: String,
    currency: String,
    decimals: u32,
}

fn amount(money: Money) -> Amount {
    let Money { minor, currency } = money;
    Amount {
        minor: minor.to_string(),
        currency: currency.to_string(),
        decimals: currency.decimals(),
    }
}

fn preview_json(preview: &Preview) -> Value {
    let accounts: Vec<Value> = preview.accounts.iter().map(account_json).collect();
    json!({ "format": preview.format, "accounts": accounts })
}

fn account_json(account: &AccountPreview) -> Value {
    let statement = &account.statement;
    let balance = |balance: &Option<DayBalance>| balance.as_ref().map(|one| amount(one.amount));
    let (check, difference, line) = match statement.check {
        BalanceCheck::Holds => ("holds", None, None),
        BalanceCheck::NotGiven => ("not_given", None, None),
        BalanceCheck::Breaks { difference, line } => {
            ("breaks", Some(amount(difference)), Some(line))
        }
    };
    json!({
        "accountId": account.account_id,
        "identifier": account.identifier,
        "name": account.name,
        "currency": statement.currency,
        "fedByBank": account.fed_by_bank,
        "from": statement.from,
        "to": statement.to,
        "opening": balance(&statement.opening),
        "closing": balance(&statement.closing),
        "check": check,
        "difference": difference,
        "line": line,
        "count": statement.rows.len(),
        "new": account.counts.new,
        "same": account.counts.same,
        "settles": account.counts.settles,
        "doubtful": account.counts.doubtful,
        "rows": account.rows.iter().map(row_json).collect::<Vec<_>>(),
    })
}

fn row_json(row: &ShownRow) -> Value {
    let verdict = match row.verdict {
        Verdict::New => "new",
        Verdict::Same => "same",
        Verdict::Settles => "settles",
        Verdict::Doubtful => "doubtful",
    };
    json!({
        "line": row.line,
        "verdict": verdict,
        "date": row.observed.booking_date,
        "amount": amount(row.observed.amount),
        "counterparty": row.observed.counterparty,
        "text": row.observed.text,
    })
}

fn imported_json(imported: &Imported) -> Value {
    let completed = &imported.completed;
    json!({
        "importId": imported.import_id,
        "before": imported.before,
        "accounts": imported.accounts,
        "rows": completed.rows,
        "new": completed.new,
        "doubtful": completed.doubtful,
        "position": imported.position.to_string(),
    })
}
