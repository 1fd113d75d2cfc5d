//! The web app: its files, and the one page that all its paths lead to.

mod files;
mod policy;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use crate::{Problem, extract::Browser, state::App};
use files::File;
use policy::Policy;

pub use files::WebApp;

/// What the build names after what is in it, and so never changes.
const ASSETS: &str = "assets";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Asked for again each time, and mostly answered with 304.
const REVALIDATE: &str = "no-cache";
/// Where a path of the app can never lead.
const NOT_OURS: [&str; 5] = ["api", ASSETS, "healthz", "readyz", "metrics"];
const NOT_BUILT: &str = "the web app was not built into this binary; run `npm install` and `npm run build` in web/, and build \
                         segue again\n";

/// In bytes. Below that compressing saves nothing: it is one packet anyway.
const SMALLEST_COMPRESSED: u64 = 1 << 10;

/// The paths that are no others'.
pub(crate) fn router(web: WebApp) -> Router<App> {
    let compressible = SizeAbove::new(SMALLEST_COMPRESSED)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("font/"));
    Router::new()
        .route("/", get(page))
        .route("/assets/{*path}", get(asset))
        .fallback(other)
        .layer(CompressionLayer::new().compress_when(compressible))
        .layer(Extension(Arc::new(web)))
}

/// The page itself, whatever the path: the app in it knows its own paths.
async fn page(
    State(app): State<App>,
    Extension(web): Extension<Arc<WebApp>>,
    browser: Result<Browser, Problem>,
    headers: HeaderMap,
) -> Response {
    let Some(page) = web.page() else {
        return (StatusCode::NOT_FOUND, NOT_BUILT).into_response();
    };
    // Who asks in an odd way has the page all the same, but without the bucket.
    let bucket = match browser {
        Ok(browser) => app.bucket.origin(browser.audience()).await.unwrap_or_default(),
        Err(_) => String::new(),
    };
    let policy = Policy::of(&bucket);
    // A page that was kept must not go on under another policy.
    let answer = answer(page, page.tag_with(&policy), &headers, REVALIDATE);
    (policy, answer).into_response()
}

async fn asset(Extension(web): Extension<Arc<WebApp>>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    match web.file(&format!("{ASSETS}/{path}")) {
        Some(file) => answer(file, file.tag(), &headers, FOREVER),
        None => missing(),
    }
}

/// A file beside the page, or a path of the app.
async fn other(
    state: State<App>,
    web: Extension<Arc<WebApp>>,
    browser: Result<Browser, Problem>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    if method != Method::GET && method != Method::HEAD {
        return Problem::not_found("page").into_response();
    }
    if let Some(file) = web.file(path).filter(|_| !is_in_others(path)) {
        return answer(file, file.tag(), &headers, REVALIDATE);
    }
    if is_in_others(path) || !wants_html(&headers) {
        return missing();
    }
    page(state, web, browser, headers).await
}

fn is_in_others(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    NOT_OURS.contains(&first)
}

/// Browsers say so where somebody goes to a page. What takes anything is no browser, or asks for something else.
fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    accepted
        .filter_map(|line| line.to_str().ok())
        .any(|line| line.contains("text/html"))
}

fn answer(file: &File, tag: String, headers: &HeaderMap, cache_control: &'static str) -> Response {
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|known| known.trim() == tag);
    let common = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, cache_control.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let content_type = [(header::CONTENT_TYPE, file.content_type)];
    (content_type, common, file.content.clone()).into_response()
}

/// Not to be remembered: another server may be newer, and have it.
fn missing() -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (no_store, Problem::not_found("page")).into_response()
}
