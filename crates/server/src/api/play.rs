//! `GET /play/{token}/master.m3u8` and `GET /play/{token}/{rung}/playlist.m3u8`

use axum::{
    extract::State,
    http::{Method, header},
    response::{IntoResponse, Response},
};
use domain::{ObjectKey, Rung, TreeFile};
use hls::UriLines;
use objects::{ObjectError, Signing};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, predicate::SizeAbove},
    cors::{Any, CorsLayer},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Problem,
    extract::{Browser, Listener, gone},
    playing::Lifetime,
    problem::ProblemBody,
    state::App,
};

/// In bytes. One of 12 hours has 300 KB.
const LARGEST_PLAYLIST: u64 = 4 << 20;

/// In bytes. Below that compressing saves nothing: it is one packet anyway.
const SMALLEST_COMPRESSED: u64 = 1 << 10;

/// A playlist that no honest worker writes.
#[derive(Debug, thiserror::Error)]
#[error("{0} names something that does not belong there")]
struct Damaged(TreeFile);

/// From any page: whoever has the token may play it anywhere.
///
/// And compressed, since all URLs in a playlist begin alike and those of 12 hours are 3 MB. Elsewhere that would be a
/// leak: where an answer holds a secret beside a text of the attacker's choice, its length tells when the two agree. Here
/// whoever can have the request made at all knows the token in its path, and so may read the answer itself.
pub(crate) fn router() -> OpenApiRouter<App> {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD]);
    // The fastest: what is left is mostly signatures, which nothing can compress.
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(SMALLEST_COMPRESSED));
    OpenApiRouter::new()
        .routes(routes!(play_master))
        .routes(routes!(play_rendition))
        .layer(compression)
        .layer(cors)
}

/// The multivariant playlist of a stream
#[utoipa::path(
    get,
    path = "/play/{token}/master.m3u8",
    tag = "playback",
    params(("token" = String, Path, description = "From `/uploads/{id}/playback`")),
    responses(
        (status = 200, body = String, content_type = "application/vnd.apple.mpegurl"),
        (status = 403, body = ProblemBody, description = "`bad_token`"),
        (status = 404, body = ProblemBody, description = "`gone`"),
        (status = 503, body = ProblemBody, description = "`unavailable`"),
    ),
)]
async fn play_master(State(app): State<App>, listener: Listener) -> Result<Response, Problem> {
    let file = TreeFile::Master;
    let text = fetch(&app, &listener, file).await?;
    let lines = UriLines::find(&text).map_err(Problem::internal)?;
    // Its renditions are found beside it, with the same token.
    let is_rendition = |uri: &&str| matches!(uri.parse(), Ok(TreeFile::Playlist(_)));
    if !lines.uris().iter().all(is_rendition) {
        return Err(Problem::internal(Damaged(file)));
    }
    Ok(answer(file, text))
}

/// The playlist of a rendition
#[utoipa::path(
    get,
    path = "/play/{token}/{rung}/playlist.m3u8",
    tag = "playback",
    params(
        ("token" = String, Path, description = "From `/uploads/{id}/playback`"),
        ("rung" = String, Path, description = "As the multivariant playlist names it"),
    ),
    responses(
        (
            status = 200,
            body = String,
            content_type = "application/vnd.apple.mpegurl",
            description = "Its segments are presigned URLs of the bucket",
        ),
        (status = 403, body = ProblemBody, description = "`bad_token`"),
        (status = 404, body = ProblemBody, description = "`gone`, `not_found`"),
        (status = 503, body = ProblemBody, description = "`unavailable`"),
    ),
)]
async fn play_rendition(State(app): State<App>, listener: Listener, browser: Browser) -> Result<Response, Problem> {
    let rung = listener.rung.ok_or_else(|| Problem::not_found("rendition"))?;
    let file = TreeFile::Playlist(rung);
    let text = fetch(&app, &listener, file).await?;
    let lines = UriLines::find(&text).map_err(Problem::internal)?;
    let mut keys = Vec::with_capacity(lines.uris().len());
    for name in lines.uris() {
        let segment = segment(rung, name).ok_or_else(|| Problem::internal(Damaged(file)))?;
        keys.push(key(&app, &listener, segment));
    }
    let lifetime = Lifetime::new(app.settings.playback_lifetime);
    let (from, lifetime) = lifetime.object_urls(app.clock.now(), listener.play.until());
    let signing = Signing {
        audience: browser.audience(),
        from,
        lifetime,
    };
    let urls = app.bucket.presign_gets(&keys, signing).await?;
    Ok(answer(file, lines.replaced(&urls)))
}

fn segment(rung: Rung, name: &str) -> Option<TreeFile> {
    let file = format!("{rung}/{name}").parse().ok()?;
    matches!(file, TreeFile::Segment(..)).then_some(file)
}

fn key(app: &App, listener: &Listener, file: TreeFile) -> String {
    let play = &listener.play;
    app.settings.prefix.key(&ObjectKey::Tree {
        user: play.user,
        upload: play.upload,
        tree: play.tree.clone(),
        file,
    })
}

async fn fetch(app: &App, listener: &Listener, file: TreeFile) -> Result<String, Problem> {
    let key = key(app, listener, file);
    let bytes = app.bucket.get_small(&key, LARGEST_PLAYLIST).await;
    let bytes = bytes.map_err(|error| match error {
        ObjectError::NotFound => gone(),
        error => Problem::from(error),
    })?;
    String::from_utf8(bytes.into()).map_err(Problem::internal)
}

fn answer(file: TreeFile, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, file.content_type()),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    (headers, text).into_response()
}
