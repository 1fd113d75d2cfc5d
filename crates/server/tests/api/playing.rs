//! From a library entry to what a player hears.

use std::{process::Command, time::Duration};

use domain::{TreeFile, TreeName, UploadId};
use hls::UriLines;
use reqwest::{Method, Response};
use server::Clock;

use crate::{people::Person, support::Server, work::segment_bytes};

async fn standing_still() -> Server {
    Server::start_with(Clock::fixed(Clock::default().now()), |_| {}).await
}

/// The URL to play an upload.
async fn playback(ann: &Person<'_>, id: UploadId) -> String {
    let playback = ann.post(&format!("/uploads/{id}/playback")).await.ok();
    playback["url"].as_str().unwrap().to_owned()
}

async fn fetch(server: &Server, url: &str) -> Response {
    server.http.get(url).send().await.unwrap()
}

async fn problem(server: &Server, url: &str) -> (u16, String) {
    let answer = fetch(server, url).await;
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let status = answer.status().as_u16();
    let problem: serde_json::Value = answer.json().await.unwrap();
    (status, problem["code"].as_str().unwrap().to_owned())
}

/// Plays a stream to its end, as a player does: all renditions, all segments.
async fn plays(server: &Server, master: &str, tree: &TreeName) {
    let text = fetch(server, master).await.text().await.unwrap();
    let base = master.strip_suffix("master.m3u8").unwrap();
    let lines = UriLines::find(&text).unwrap();
    assert_eq!(lines.uris().len(), server.app.settings.ladder.rungs().len());
    for (rung, uri) in server.app.settings.ladder.rungs().iter().zip(lines.uris()) {
        assert_eq!(*uri, format!("{rung}/playlist.m3u8"));
        let text = fetch(server, &format!("{base}{uri}")).await.text().await.unwrap();
        assert!(
            text.starts_with("#EXTM3U\n") && text.ends_with("#EXT-X-ENDLIST\n"),
            "{text}"
        );
        let urls = text.lines().filter(|line| !line.starts_with('#'));
        let mut count = 0;
        for (index, url) in (0..).zip(urls) {
            let answer = fetch(server, url).await;
            assert_eq!(answer.status(), 200, "{url}");
            assert_eq!(answer.headers()["content-type"], "video/mp2t");
            let expected = segment_bytes(tree, TreeFile::Segment(*rung, index));
            assert_eq!(answer.bytes().await.unwrap(), expected);
            count += 1;
        }
        assert_eq!(count, 2);
    }
}

#[tokio::test]
async fn a_ready_upload_plays_without_any_header() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let (id, tree) = ann.ready("song.mp3").await;
    let url = playback(&ann, id).await;
    assert!(url.starts_with(&server.url("/api/v1/play/")), "{url}");
    plays(&server, &url, &tree).await;
}

#[tokio::test]
async fn playlists_are_for_every_page_and_no_cache() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let (id, _) = ann.ready("song.mp3").await;
    let master = playback(&ann, id).await;
    for url in [master.clone(), master.replace("master.m3u8", "64k/playlist.m3u8")] {
        for method in [Method::GET, Method::HEAD] {
            let request = server
                .http
                .request(method.clone(), &url)
                .header("origin", "https://example.org");
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "application/vnd.apple.mpegurl");
            assert_eq!(header("cache-control"), "private, no-store");
            assert_eq!(header("access-control-allow-origin"), "*");
            assert!(header("content-length").parse::<u64>().unwrap() > 50);
            let is_empty = answer.bytes().await.unwrap().is_empty();
            assert_eq!(is_empty, method == Method::HEAD);
        }
    }
    // Nothing else is.
    let answer = server
        .get("/api/v1/uploads")
        .header("origin", "https://example.org")
        .send()
        .await
        .unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn segments_are_found_where_the_browser_finds_us() {
    let server = Server::start_with(Clock::default(), |settings| {
        settings.public_url = Some("https://segue.example.org".into());
    })
    .await;
    let ann = server.person("ann@example.org").await;
    let (id, _) = ann.ready("song.mp3").await;
    let url = playback(&ann, id).await;
    let path = url.strip_prefix("https://segue.example.org").unwrap();
    let path = path.replace("master.m3u8", "64k/playlist.m3u8");
    let request = server.get(&path).header("host", "music.local:8080");
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("\nhttp://music.local:"), "{text}");
}

#[tokio::test]
async fn the_same_segments_have_the_same_urls_within_the_hour() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let (id, _) = ann.ready("song.mp3").await;
    let hour = 3_600_000;
    let start = server.app.clock.now().as_millis() / hour * hour;
    let at = |millis: i64| server.app.clock.set(domain::Timestamp::from_millis(start + millis));
    at(1);
    let url = playback(&ann, id).await.replace("master.m3u8", "64k/playlist.m3u8");
    let first = fetch(&server, &url).await.text().await.unwrap();
    at(hour - 1);
    assert_eq!(fetch(&server, &url).await.text().await.unwrap(), first);
    at(hour);
    assert_ne!(fetch(&server, &url).await.text().await.unwrap(), first);
}

#[tokio::test]
async fn the_original_can_be_played_as_well() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let (id, _) = ann.ready("song.flac").await;
    let playback = ann.post(&format!("/uploads/{id}/playback")).await.ok();
    let original = &playback["original"];
    assert_eq!(original["content_type"], "audio/flac");
    let url = original["url"].as_str().unwrap();
    // As an <audio> element seeks.
    let answer = server.http.get(url).header("range", "bytes=5-").send().await.unwrap();
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.headers()["content-type"], "audio/flac");
    assert_eq!(answer.headers()["content-disposition"], "inline");
    assert_eq!(answer.bytes().await.unwrap(), b"some audio"[5..]);
    // For as long as its segments.
    let life = |text: &str| text.split("X-Amz-Expires=").nth(1).unwrap()[..5].to_owned();
    let playlist = playback["url"]
        .as_str()
        .unwrap()
        .replace("master.m3u8", "64k/playlist.m3u8");
    let playlist = fetch(&server, &playlist).await.text().await.unwrap();
    assert_eq!(life(url), life(&playlist));
    // Nobody else is given it.
    let bob = server.person("bob@example.org").await;
    bob.post(&format!("/uploads/{id}/playback")).await.is(404, "not_found");
}

#[tokio::test]
async fn a_short_life_is_for_everything_that_is_played() {
    let clock = Clock::fixed(Clock::default().now());
    let ten = Duration::from_secs(10);
    let server = Server::start_with(clock.clone(), |settings| settings.playback_lifetime = Some(ten)).await;
    let ann = server.person("ann@example.org").await;
    let id = ann.queued("opera.mp3").await;
    ann.work(id, 2, 43_200.0).await;
    let answer = ann.post(&format!("/uploads/{id}/playback")).await.ok();
    let url = answer["url"]
        .as_str()
        .unwrap()
        .replace("master.m3u8", "64k/playlist.m3u8");
    let text = fetch(&server, &url).await.text().await.unwrap();
    assert!(text.contains("X-Amz-Expires=11&"), "{text}");
    assert!(
        answer["original"]["url"]
            .as_str()
            .unwrap()
            .contains("X-Amz-Expires=11&")
    );
    clock.set(clock.now() + ten);
    assert_eq!(problem(&server, &url).await, (403, "bad_token".into()));
    assert_eq!(fetch(&server, &playback(&ann, id).await).await.status(), 200);
}

#[tokio::test]
async fn a_token_works_for_its_own_upload_until_its_time() {
    let server = standing_still().await;
    let (ann, bob) = (
        server.person("ann@example.org").await,
        server.person("bob@example.org").await,
    );
    let (id, _) = ann.ready("song.mp3").await;
    bob.ready("bob.mp3").await;
    let url = playback(&ann, id).await;
    let (base, rest) = url.split_once("/play/").unwrap();
    let token = rest.strip_suffix("/master.m3u8").unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let claims = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(parts[1]).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    let encoded = |text: &str| base64_simd::URL_SAFE_NO_PAD.encode_to_string(text.as_bytes());
    let of_bob = claims.replace(&ann.id.to_string(), &bob.id.to_string());
    assert_ne!(of_bob, claims);
    let unsigned = encoded(r#"{"alg":"none","typ":"JWT"}"#);
    for bad in [
        "x".to_owned(),
        "%00".into(),
        "a".repeat(5_000),
        format!("{token}x"),
        token[1..].into(),
        // Of another user, by the old signature.
        format!("{}.{}.{}", parts[0], encoded(&of_bob), parts[2]),
        format!("{unsigned}.{}.", parts[1]),
        format!("{unsigned}.{}.{}", parts[1], parts[2]),
        // An access token is none to play with.
        ann.token().into(),
    ] {
        for path in ["master.m3u8", "64k/playlist.m3u8"] {
            let seen = problem(&server, &format!("{base}/play/{bad}/{path}")).await;
            assert_eq!(seen, (403, "bad_token".into()), "{bad}");
        }
    }
    // Nor does a token to play log anybody in.
    let answer = server.get("/api/v1/uploads").bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 401);

    let now = server.app.clock.now();
    server.app.clock.set(now + Duration::from_secs(6 * 3600 - 2));
    assert_eq!(fetch(&server, &url).await.status(), 200);
    server.app.clock.set(now + Duration::from_hours(6));
    assert_eq!(problem(&server, &url).await, (403, "bad_token".into()));
}

#[tokio::test]
async fn other_files_are_not_played() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let (id, _) = ann.ready("song.mp3").await;
    let url = playback(&ann, id).await;
    for path in [
        "65k/playlist.m3u8",
        "..%2F..%2Fsource.mp3/playlist.m3u8",
        "+64k/playlist.m3u8",
        "64k/playlist.m3u",
        "64k/segment_000.ts",
    ] {
        let answer = fetch(&server, &url.replace("master.m3u8", path)).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_rerun_does_not_break_a_stream_that_is_playing() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let (id, first) = ann.ready("song.mp3").await;
    let old = playback(&ann, id).await;
    ann.post(&format!("/uploads/{id}/retry")).await.ok();
    plays(&server, &old, &first).await;
    let second = ann.work(id, 2, 11.5).await;
    plays(&server, &old, &first).await;
    plays(&server, &playback(&ann, id).await, &second).await;

    // The cleaner leaves the old tree alone until the last URL for it has run out.
    let now = server.app.clock.now();
    let purged = async |hours| {
        server
            .app
            .store
            .trees_to_purge(now + Duration::from_hours(hours), None, 10)
            .await
            .unwrap()
    };
    assert_eq!(purged(13).await, []);
    assert_eq!(purged(14).await.len(), 1);
    let text = fetch(&server, &old.replace("master.m3u8", "64k/playlist.m3u8"))
        .await
        .text()
        .await
        .unwrap();
    let life = text.split("X-Amz-Expires=").nth(1).unwrap().split('&').next().unwrap();
    assert!((6 * 3600..=8 * 3600).contains(&life.parse::<u32>().unwrap()), "{life}");
}

#[tokio::test]
async fn a_tree_that_is_cleaned_up_is_gone() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let (id, tree) = ann.ready("song.mp3").await;
    let url = playback(&ann, id).await;
    let prefix = server.app.settings.prefix.of_tree(ann.id, id, &tree);
    for file in ["master.m3u8", "64k/playlist.m3u8"] {
        server.app.bucket.delete(&format!("{prefix}{file}")).await.unwrap();
        let url = url.replace("master.m3u8", file);
        assert_eq!(problem(&server, &url).await, (404, "gone".into()));
    }
}

#[tokio::test]
async fn what_is_deleted_stops_and_what_is_restored_goes_on() {
    let server = standing_still().await;
    let ann = server.person("ann@example.org").await;
    let (id, tree) = ann.ready("song.mp3").await;
    let url = playback(&ann, id).await;
    let path = format!("/uploads/{id}");
    let delete = || ann.ask(Method::DELETE, &path, None);
    delete().await.ok();
    assert_eq!(problem(&server, &url).await, (404, "gone".into()));
    ann.post(&format!("/uploads/{id}/playback")).await.is(404, "not_found");
    ann.post(&format!("/uploads/{id}/restore")).await.ok();
    plays(&server, &url, &tree).await;
    delete().await.ok();
    let later = server.app.clock.now() + Duration::from_secs(10);
    server.app.clock.set(later);
    server.app.store.start_due_deletions(later, 10).await.unwrap();
    assert_eq!(problem(&server, &url).await, (404, "gone".into()));
}

#[tokio::test]
async fn whoever_is_locked_out_or_gone_hears_nothing() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.person("ann@example.org").await,
        server.person("bob@example.org").await,
    );
    let urls = [
        playback(&ann, ann.ready("a.mp3").await.0).await,
        playback(&bob, bob.ready("b.mp3").await.0).await,
    ];
    let now = server.app.clock.now();
    server.app.store.disable_user(now, ann.id).await.unwrap();
    assert_eq!(problem(&server, &urls[0]).await, (403, "bad_token".into()));
    server.app.store.delete_user(now, bob.id).await.unwrap();
    assert_eq!(problem(&server, &urls[1]).await, (404, "gone".into()));
}

#[tokio::test]
async fn a_playlist_that_leads_elsewhere_is_not_passed_on() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let (id, tree) = ann.ready("song.mp3").await;
    let url = playback(&ann, id).await;
    let rung = "64k".parse().unwrap();
    for (file, text) in [
        (TreeFile::Master, "#EXTM3U\nhttps://example.org/playlist.m3u8\n"),
        (TreeFile::Master, "#EXTM3U\nsegment_000.ts\n"),
        (TreeFile::Master, "<script>"),
        (TreeFile::Master, "#EXTM3U\n#EXT-X-MEDIA:URI=\"https://example.org\"\n"),
        (TreeFile::Playlist(rung), "#EXTM3U\n../../source.mp3\n"),
        (TreeFile::Playlist(rung), "#EXTM3U\nplaylist.m3u8\n"),
        (TreeFile::Playlist(rung), "#EXTM3U\nsource.mp3\n"),
        (
            TreeFile::Playlist(rung),
            "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"https://example.org\"\n",
        ),
    ] {
        ann.put_file(id, &tree, file, text.into()).await;
        let url = url.replace("master.m3u8", &file.to_string());
        assert_eq!(problem(&server, &url).await, (500, "internal".into()), "{text}");
    }
    let large = vec![b'#'; (4 << 20) + 1];
    ann.put_file(id, &tree, TreeFile::Playlist(rung), large).await;
    let url = url.replace("master.m3u8", "64k/playlist.m3u8");
    assert_eq!(problem(&server, &url).await, (500, "internal".into()));
}

/// What `gzip` makes of it.
fn unpacked(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("playlist.gz");
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new("gzip").args(["-d", "-c"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn twelve_hours_are_one_playlist() {
    // Standing still, so that it is the same playlist whenever it is fetched.
    let clock = Clock::fixed(Clock::default().now());
    let server = Server::start_with(clock, |settings| settings.ladder = "64k".parse().unwrap()).await;
    let ann = server.person("ann@example.org").await;
    let id = ann.queued("opera.mp3").await;
    ann.work(id, 7_200, 43_200.0).await;
    let url = playback(&ann, id).await.replace("master.m3u8", "64k/playlist.m3u8");
    let text = fetch(&server, &url).await.text().await.unwrap();
    let urls: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(urls.len(), 7_200);
    assert!(urls[7_199].contains("/64k/segment_7199.ts?"), "{}", urls[7_199]);
    let life = urls[0]
        .split("X-Amz-Expires=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    assert!(life.parse::<u32>().unwrap() >= 24 * 3600, "{life}");

    let answer = server.http.get(&url).header("accept-encoding", "br, gzip").send();
    let answer = answer.await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-encoding"), "gzip");
    assert_eq!(header("content-type"), "application/vnd.apple.mpegurl");
    assert_eq!(header("cache-control"), "private, no-store");
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(
        answer
            .headers()
            .get_all("vary")
            .iter()
            .any(|vary| vary == "accept-encoding")
    );
    let packed = answer.bytes().await.unwrap();
    assert!(packed.len() * 8 < text.len(), "{} of {}", packed.len(), text.len());
    assert!(unpacked(&packed) == text, "another playlist");
}

#[tokio::test]
async fn who_does_not_ask_for_gzip_gets_none_and_nothing_but_playlists_is_packed() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let id = ann.queued("song.mp3").await;
    ann.work(id, 8, 47.5).await;
    let playlist = playback(&ann, id).await.replace("master.m3u8", "64k/playlist.m3u8");
    for (url, accepted, packed) in [
        (&playlist, Some("gzip"), true),
        (&playlist, Some("gzip;q=0"), false),
        (&playlist, Some("br"), false),
        (&playlist, None, false),
        (&server.url("/api/v1/openapi.json"), Some("gzip"), false),
    ] {
        let mut request = server.http.get(url);
        if let Some(accepted) = accepted {
            request = request.header("accept-encoding", accepted);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let is_packed = answer.headers().contains_key("content-encoding");
        assert_eq!(is_packed, packed, "{accepted:?} {url}");
    }
}
