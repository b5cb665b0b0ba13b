//! The single-page application, out of the program itself.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

mod web {
    include!(concat!(env!("OUT_DIR"), "/web.rs"));
}

/// The operations the page may send: document identifier to text, as JSON.
pub const DOCUMENTS: &str = web::DOCUMENTS;

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><title>One Point Ledger</title>\
    <p>The page was not built into this program. Run <code>make run</code>, which builds it.</p>";

/// How long a file whose name carries its content's hash may be kept.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

fn file(name: &str) -> Option<&'static [u8]> {
    let place = web::FILES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(web::FILES[place].1)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Answers with a file; any other path that is no file's gets the page itself.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    let hashed = path.starts_with("assets/");
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let name = match file(path) {
        Some(_) if !path.ends_with(".br") && !path.ends_with(".gz") => path,
        _ if hashed || is_file => return answer(StatusCode::NOT_FOUND, "text/plain", "not found"),
        _ => "index.html",
    };
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepts = |coding: &str| {
        accepted.is_some_and(|list| {
            list.split(',').any(|one| one.split(';').next().unwrap_or_default().trim() == coding)
        })
    };
    let coded = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(coding, suffix)| {
        accepts(coding)
            .then(|| file(&format!("{name}{suffix}")))
            .flatten()
            .map(|body| (coding, body))
    });
    let Some(plain) = file(name) else {
        return answer(StatusCode::OK, "text/html; charset=utf-8", NOT_BUILT);
    };
    let mut response = Response::new(Body::from(coded.map_or(plain, |(_, body)| body)));
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let kept = if hashed { FOR_EVER } else { "no-cache" };
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if let Some((coding, _)) = coded {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

fn answer(status: StatusCode, media_type: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
