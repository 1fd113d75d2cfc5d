//! The web app, as browsers get it. Which one was built into the binary does not matter here: these tests bring their own.

use std::{net::SocketAddr, sync::Arc};

use reqwest::{Method, RequestBuilder, Response};
use server::{BucketForBrowsers, Clock, Settings, WebApp};
use tokio::net::TcpListener;

use crate::support::Server;

const PAGE: &str = "<!doctype html><title>Segue</title>";
/// What browsers say where somebody goes to a page.
const NAVIGATES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A server with a web app.
struct Site {
    server: Server,
    address: SocketAddr,
}

impl Site {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let script = "let it = 'be';\n".repeat(1_000);
        let font = vec![7; 5_000];
        let files: [(&str, &[u8]); 8] = [
            ("index.html", PAGE.as_bytes()),
            ("icon.svg", b"<svg/>"),
            ("theme.js", b"'dark'"),
            ("secrets.env", b"x"),
            ("assets/app-1a2b.js", script.as_bytes()),
            ("assets/app-1a2b.js.map", b"{}"),
            ("assets/app-1a2b.css", b"a{}"),
            ("assets/sans-1a2b.woff2", &font),
        ];
        let files = files.map(|(path, content)| (path.to_owned(), content.to_owned().into()));
        Self::of(WebApp::of(files), change).await
    }

    async fn of(web: WebApp, change: impl FnOnce(&mut Settings)) -> Self {
        let server = Server::start_with(Clock::default(), change).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = server::router_with(Arc::clone(&server.app), web);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { server, address }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.server.http.request(method, url)
    }

    /// As a script or an element of a page asks.
    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// As somebody goes there.
    async fn go(&self, path: &str) -> Response {
        let request = self.request(Method::GET, path).header("accept", NAVIGATES);
        request.send().await.unwrap()
    }

    async fn policy(&self, host: &str) -> String {
        let request = self.request(Method::GET, "/").header("host", host);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{host}");
        header(&answer, "content-security-policy").to_owned()
    }
}

#[track_caller]
fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers()[name].to_str().unwrap()
}

/// Asserts that it is the page.
async fn is_page(answer: Response) {
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&answer, "cache-control"), "no-cache");
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert_eq!(header(&answer, "referrer-policy"), "no-referrer");
    assert!(header(&answer, "permissions-policy").contains("microphone=()"));
    assert!(answer.headers().contains_key("etag") && answer.headers().contains_key("content-security-policy"));
    assert_eq!(answer.text().await.unwrap(), PAGE);
}

/// Asserts that it is a problem, and that nobody keeps it.
async fn is_missing(answer: Response) {
    assert_eq!(answer.status(), 404, "{}", answer.url());
    assert_eq!(header(&answer, "content-type"), "application/problem+json");
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "not_found");
}

#[tokio::test]
async fn every_path_of_the_app_leads_to_its_page() {
    let site = Site::start().await;
    for path in [
        "/",
        "/login?next=%2F",
        "/account",
        "/some/where.html",
        "/index.html",
        "/apistery",
    ] {
        is_page(site.go(path).await).await;
    }
    is_page(site.get("/").await).await;
}

#[tokio::test]
async fn what_is_no_page_is_never_answered_with_the_page() {
    let site = Site::start().await;
    for path in [
        "/assets/app-0000.js",
        "/assets/app-1a2b.js.map",
        "/assets/",
        "/assets",
        "/assets/..%2Findex.html",
        "/api",
        "/api/",
        "/api/v1/nothing",
        "/api/internal/jobs/x",
        "/healthz/x",
        "/metrics/",
    ] {
        is_missing(site.go(path).await).await;
    }
    // Nor whoever does not ask for one.
    for path in ["/login", "/favicon.ico", "/index.html", "/secrets.env"] {
        is_missing(site.get(path).await).await;
    }
    assert_eq!(
        header(&site.go("/assets/app-0000.js").await, "cache-control"),
        "no-store"
    );
    let post = site.request(Method::POST, "/login").header("accept", NAVIGATES);
    is_missing(post.send().await.unwrap()).await;
    let post = site.request(Method::POST, "/").header("accept", NAVIGATES).send();
    assert_eq!(post.await.unwrap().status(), 405);
}

#[tokio::test]
async fn the_api_and_its_page_are_as_without_a_web_app() {
    let site = Site::start().await;
    assert_eq!(site.go("/healthz").await.text().await.unwrap(), "alive\n");
    assert_eq!(site.go("/api/v1/settings").await.status(), 200);
    assert_eq!(site.go("/api/v1/uploads").await.status(), 401);
    let docs = site.go("/api/docs").await;
    assert_eq!((docs.status().as_u16(), docs.url().path()), (200, "/api/docs/"));
    // Swagger's page sets itself up by scripts in it, which our policy would forbid.
    assert!(!docs.headers().contains_key("content-security-policy"));
    assert!(docs.text().await.unwrap().contains("swagger"));
}

#[tokio::test]
async fn files_have_their_types_and_are_kept_as_long_as_they_are_the_same() {
    let site = Site::start().await;
    for (path, content_type, cache_control) in [
        (
            "/assets/app-1a2b.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/assets/app-1a2b.css",
            "text/css; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
        (
            "/assets/sans-1a2b.woff2",
            "font/woff2",
            "public, max-age=31536000, immutable",
        ),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        ("/theme.js", "text/javascript; charset=utf-8", "no-cache"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, "content-type"), content_type);
        assert_eq!(header(&answer, "cache-control"), cache_control);
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");

        let tag = header(&answer, "etag");
        let again = site.request(Method::GET, path).header("if-none-match", tag);
        assert_eq!(again.send().await.unwrap().status(), 304);
        let changed = site.request(Method::GET, path).header("if-none-match", "W/\"0\"");
        assert_eq!(changed.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again() {
    let site = Site::start().await;
    let first = site.go("/").await;
    let tag = header(&first, "etag").to_owned();
    let known = format!("W/\"0\", {tag}");
    let again = site.request(Method::GET, "/login").header("accept", NAVIGATES);
    let again = again.header("if-none-match", known).send().await.unwrap();
    assert_eq!(again.status(), 304);
    for name in ["etag", "cache-control", "content-security-policy"] {
        assert_eq!(header(&again, name), header(&first, name));
    }
    assert_eq!(again.bytes().await.unwrap().len(), 0);
    // Under another policy it is another one.
    let elsewhere = site.request(Method::GET, "/").header("host", "music.local:8080");
    let elsewhere = elsewhere.header("if-none-match", tag).send().await.unwrap();
    is_page(elsewhere).await;
}

#[tokio::test]
async fn scripts_are_compressed_and_fonts_are_not() {
    let site = Site::start().await;
    let compressed = async |path: &str| {
        let request = site.request(Method::GET, path).header("accept-encoding", "gzip, br");
        let answer = request.send().await.unwrap();
        let encoding = answer.headers().get("content-encoding").cloned();
        let vary = answer.headers().get("vary").cloned();
        (encoding, vary, answer.bytes().await.unwrap().len())
    };
    let (encoding, vary, length) = compressed("/assets/app-1a2b.js").await;
    assert_eq!(encoding.unwrap(), "gzip");
    assert_eq!(vary.unwrap(), "accept-encoding");
    assert!(length < 1_000, "{length}");
    let (encoding, _, length) = compressed("/assets/sans-1a2b.woff2").await;
    assert_eq!((encoding, length), (None, 5_000));
    assert_eq!(
        site.get("/assets/app-1a2b.js").await.bytes().await.unwrap().len(),
        15_000
    );
}

#[tokio::test]
async fn heads_are_answered_without_a_body() {
    let site = Site::start().await;
    for (path, length) in [
        ("/", PAGE.len()),
        ("/login", PAGE.len()),
        ("/assets/app-1a2b.js", 15_000),
        ("/icon.svg", 6),
    ] {
        let request = site.request(Method::HEAD, path).header("accept", NAVIGATES);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, "content-length"), length.to_string(), "{path}");
        assert_eq!(answer.bytes().await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn a_page_may_load_from_us_and_from_the_bucket_alone() {
    let site = Site::start().await;
    let ann = site.server.person("ann@example.org").await;
    let reserved = ann.reserve("song.mp3", 5).await.ok();
    let put: reqwest::Url = reserved["transfer"]["put"]["url"].as_str().unwrap().parse().unwrap();
    let bucket = put.origin().ascii_serialization();
    assert_eq!(
        site.policy(&site.address.to_string()).await,
        format!(
            "default-src 'self'; connect-src 'self' {bucket}; media-src 'self' blob: {bucket}; img-src 'self' data: blob:; \
             style-src 'self' 'unsafe-inline'; font-src 'self'; worker-src 'self' blob:; object-src 'none'; \
             base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        )
    );
    let port = put.port().unwrap();
    for (host, origin) in [
        ("music.local", format!("http://music.local:{port}")),
        ("192.168.1.5:8080", format!("http://192.168.1.5:{port}")),
        ("[fe80::1]:8080", format!("http://*:{port}")),
    ] {
        let policy = site.policy(host).await;
        assert!(policy.contains(&format!("connect-src 'self' {origin}; ")), "{policy}");
    }
    // Whoever asks for an odd host cannot write into the policy.
    for odd in ["music.local;script-src *", "music.local *"] {
        let policy = site.policy(odd).await;
        assert!(policy.contains("connect-src 'self'; "), "{policy}");
    }

    let configured = Site::start_with(|settings| settings.bucket_for_browsers = BucketForBrowsers::Endpoint).await;
    let policy = configured.policy("music.local").await;
    assert!(policy.contains("connect-src 'self' http://127.0.0.1:"), "{policy}");
}

#[tokio::test]
async fn without_a_web_app_it_is_said_how_to_build_one() {
    let site = Site::of(WebApp::of([]), |_| {}).await;
    for answer in [site.get("/").await, site.go("/login").await] {
        assert_eq!(answer.status(), 404);
        assert_eq!(header(&answer, "content-type"), "text/plain; charset=utf-8");
        let text = answer.text().await.unwrap();
        assert!(text.contains("npm run build") && text.lines().count() == 1, "{text}");
    }
    is_missing(site.get("/login").await).await;
}
