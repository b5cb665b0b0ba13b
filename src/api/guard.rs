//! What every request meets first: headers that protect the page, the session, and the rules that keep
//! other sites' pages out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use projections::database::DatabaseError;
use tokio::sync::Semaphore;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::app::App;
use crate::connectors::{Attended, Secret};
use crate::metrics::Route;
use crate::traces;
use crate::vault::VaultError;
use crate::vault::sessions::Session;

/// The session cookie (RFC 6265bis, section 4.1.3.2: the prefix ties it to this origin).
pub const SESSION_COOKIE: &str = "__Host-opl";
/// The cookie of a browser somebody signed in from (OWASP, device cookies): it opens nothing, and spares
/// its browser the line while many passwords are being tried.
pub const KNOWN_COOKIE: &str = "__Host-opl-known";
/// How long it lasts, in seconds.
const KNOWN_SECONDS: u32 = 180 * 24 * 60 * 60;
/// Has to be on every request that changes something: other sites' pages cannot set it unasked.
pub const REQUEST_HEADER: &str = "x-opl-request";
/// Largest body of a request, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;
/// Most requests under way at the same time; live updates and the page's files are not counted.
pub const MOST_REQUESTS: usize = 256;
/// How long a client may take to send the body of a request.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);
/// What is told to whoever is turned away: when to come back, in seconds.
const COME_BACK_SECONDS: &str = "1";

/// The one style a component library puts in the page, by its hash.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const PROTECTION: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The name of a request in our log.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// Gives each request a name and each answer its protecting headers.
pub async fn protect(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let request_id = RequestId(app.chance.uuid().unwrap_or_default());
    request.extensions_mut().insert(request_id);
    let route = Route::of(request.uri().path());
    let under_way = app.metrics.begin();
    let begun = tokio::time::Instant::now();
    let span = request_span(route, request_id);
    let mut response = next.run(request).instrument(span.clone()).await;
    span.record("status", u64::from(response.status().as_u16()));
    drop(span);
    app.metrics.answered(route, response.status().as_u16(), begun.elapsed());
    drop(under_way);
    let fields = response.headers_mut();
    for (name, value) in PROTECTION {
        fields.insert(name, HeaderValue::from_static(value));
    }
    if !fields.contains_key(header::CACHE_CONTROL) {
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&request_id.0.to_string()) {
        fields.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// What a trace says of a request: nothing but the route's word and the name its answer has.
fn request_span(route: Route, request_id: RequestId) -> tracing::Span {
    if !traces::are_collected() {
        return tracing::Span::none();
    }
    tracing::info_span!(
        target: traces::TARGET,
        "request",
        route = route.word(),
        request_id = request_id.0.to_string().as_str(),
        status = tracing::field::Empty,
    )
}

/// Room for requests, and where those that find none are counted.
#[derive(Clone)]
pub struct Room {
    app: Arc<App>,
    places: Arc<Semaphore>,
}

impl Room {
    /// Room for so many.
    #[must_use]
    pub fn of(app: &Arc<App>, places: usize) -> Self {
        Self { app: Arc::clone(app), places: Arc::new(Semaphore::new(places)) }
    }
}

/// Turns requests away while too many are under way, rather than making all of them slow.
pub async fn not_too_many(
    axum::extract::State(room): axum::extract::State<Room>,
    request: Request,
    next: Next,
) -> Response<Body> {
    if !matches!(Route::of(request.uri().path()), Route::Graphql | Route::Callback) {
        return next.run(request).await;
    }
    let Ok(_place) = room.places.try_acquire() else {
        room.app.metrics.turned_away();
        let mut response =
            (StatusCode::SERVICE_UNAVAILABLE, "too much is asked at once").into_response();
        let after = HeaderValue::from_static(COME_BACK_SECONDS);
        response.headers_mut().insert(header::RETRY_AFTER, after);
        return response;
    };
    next.run(request).await
}

/// Waits for a body, but neither for ever nor for more than is taken.
pub async fn whole_body(
    axum::extract::State(within): axum::extract::State<Duration>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    match tokio::time::timeout(within, axum::body::to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(_)) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or broke off").into_response()
        }
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "the body did not come in time").into_response(),
    }
}

/// Lets only our own page's requests through: `POST` with JSON, our header, and no other origin.
pub async fn only_our_page(request: Request, next: Next) -> Response<Body> {
    match refuse(request.method(), request.headers()) {
        None => next.run(request).await,
        Some((status, why)) => (status, why).into_response(),
    }
}

fn refuse(method: &Method, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if method != Method::POST {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only POST is taken here"));
    }
    let json = text("content-type").is_some_and(|given| {
        given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    });
    if !json {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "only application/json is taken here"));
    }
    if text(REQUEST_HEADER).is_none() {
        return Some((StatusCode::FORBIDDEN, "the header x-opl-request is missing"));
    }
    // Fetch metadata where the browser sends it; the origin where it does not.
    let other_site = match text("sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => text("origin").is_some_and(|origin| {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_none() || host != text("host")
        }),
    };
    other_site.then_some((StatusCode::FORBIDDEN, "requests of other sites are not taken"))
}

/// The session of a request, if it has one that stands.
///
/// # Errors
/// [`VaultError`] if that cannot be told now, which is not the same as being signed out.
pub async fn session(app: &App, headers: &HeaderMap) -> Result<Option<Session>, VaultError> {
    match cookie(headers) {
        Some(token) => app.sessions.find(&token).await,
        None => Ok(None),
    }
}

/// A session that takes its new token, with the cookie that says so. Where another request of the browser
/// was first, the former one is still taken for a while; where nothing can be written, it stands until
/// something can.
///
/// # Errors
/// [`VaultError`].
pub async fn renewed(app: &App, session: Session) -> Result<(Session, Option<String>), VaultError> {
    Ok(match app.sessions.renew(&session).await {
        Ok(Some((token, session))) => (session, Some(set_cookie(&token))),
        Ok(None) => (session, None),
        Err(VaultError::Database(DatabaseError::ReadOnly | DatabaseError::Full)) => (session, None),
        Err(error) => return Err(error),
    })
}

/// What a browser shows that somebody signed in from before.
#[must_use]
pub fn known_browser(headers: &HeaderMap) -> Option<Secret> {
    named_cookie(headers, KNOWN_COOKIE)
}

/// The header that lets a browser show later that this person signed in from it.
#[must_use]
pub fn set_known_cookie(mark: &str) -> String {
    format!(
        "{KNOWN_COOKIE}={mark}; Path=/; Secure; HttpOnly; SameSite=Strict; \
         Max-Age={KNOWN_SECONDS}"
    )
}

fn cookie(headers: &HeaderMap) -> Option<Secret> {
    named_cookie(headers, SESSION_COOKIE)
}

fn named_cookie(headers: &HeaderMap, wanted: &str) -> Option<Secret> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted);
    let (_, value) = values.next()?;
    // Two cookies of this name mean that somebody planted one.
    values.next().is_none().then(|| Secret::new(value))
}

/// The header that begins a session in the browser.
#[must_use]
pub fn set_cookie(token: &Secret) -> String {
    let age = crate::vault::sessions::LONGEST_SECONDS;
    let token = token.expose();
    format!("{SESSION_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}")
}

/// The header that ends it.
#[must_use]
pub fn clear_cookie() -> String {
    format!("{SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// The sign of a person's presence, made from their live request and nothing else.
#[must_use]
pub fn attended(peer: Peer, session: &Session, headers: &HeaderMap) -> Attended {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Attended::from_live_request(peer.0, crate::callback::signed_in_at(session), agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_our_page_gets_in() {
        let json = ("content-type", "application/json");
        let ours = ("x-opl-request", "1");
        let table = [
            (Method::POST, vec![json, ours], None),
            (Method::POST, vec![json, ours, ("sec-fetch-site", "same-origin")], None),
            (Method::GET, vec![json, ours], Some(405)),
            (Method::POST, vec![("content-type", "text/plain"), ours], Some(415)),
            (Method::POST, vec![ours], Some(415)),
            (Method::POST, vec![("content-type", "multipart/form-data"), ours], Some(415)),
            (Method::POST, vec![json], Some(403)),
            (Method::POST, vec![json, ours, ("sec-fetch-site", "cross-site")], Some(403)),
            (Method::POST, vec![json, ours, ("sec-fetch-site", "same-site")], Some(403)),
            (
                Method::POST,
                vec![json, ours, ("origin", "https://evil.example"), ("host", "here:1")],
                Some(403),
            ),
            (Method::POST, vec![json, ours, ("origin", "null"), ("host", "here:1")], Some(403)),
            (Method::POST, vec![json, ours, ("origin", "http://here:1"), ("host", "here:1")], None),
        ];
        for (method, pairs, expected) in table {
            let refused = refuse(&method, &headers(&pairs)).map(|(status, _)| status.as_u16());
            assert_eq!(refused, expected, "{method} {pairs:?}");
        }
    }

    #[test]
    fn a_planted_second_cookie_is_no_session() {
        assert!(cookie(&headers(&[("cookie", "a=b; __Host-opl=x")])).is_some());
        assert!(cookie(&headers(&[("cookie", "__Host-opl=x; __Host-opl=y")])).is_none());
        assert!(cookie(&headers(&[("cookie", "a=b")])).is_none());
    }
}
