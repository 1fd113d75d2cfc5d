//! The library: lists, names, deletes, another run.

use std::{collections::BTreeSet, time::Duration};

use domain::{UploadId, UploadState};
use reqwest::Method;
use serde_json::{Value, json};
use server::{Clock, random_array};
use store::NewUpload;

use crate::{
    people::{Person, id_of},
    support::Server,
};

async fn reserved(ann: &Person<'_>, filename: &str) -> UploadId {
    let now = ann.server.app.clock.now();
    let upload = NewUpload {
        id: UploadId::new(now, random_array()),
        user: ann.id,
        filename: filename.into(),
        source_type: "mp3".parse().unwrap(),
        size: 5,
        urls_until: now,
    };
    ann.server.app.store.reserve(now, upload, 1_000).await.unwrap().id
}

async fn rename(ann: &Person<'_>, id: UploadId, names: Value) -> crate::people::Answer {
    ann.ask(Method::PATCH, &format!("/uploads/{id}"), Some(names)).await
}

async fn delete(ann: &Person<'_>, id: UploadId) -> crate::people::Answer {
    ann.ask(Method::DELETE, &format!("/uploads/{id}"), None).await
}

fn filenames(page: &Value) -> Vec<&str> {
    let uploads = page["uploads"].as_array().unwrap();
    uploads
        .iter()
        .map(|upload| upload["filename"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn following_the_cursor_shows_each_upload_once_in_every_order() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.person("ann@example.org").await,
        server.person("bob@example.org").await,
    );
    for index in 0..7 {
        reserved(&ann, &format!("Söng \"{index}\" %.mp3")).await;
        reserved(&bob, "bob.mp3").await;
    }
    for sort in [
        "",
        "newest",
        "oldest",
        "title",
        "title_descending",
        "longest",
        "shortest",
    ] {
        let mut seen = BTreeSet::new();
        let (mut pages, mut cursor) = (0, String::new());
        loop {
            let path = format!("/uploads?q=&state=&sort={sort}&limit=3&cursor={cursor}");
            let page = ann.get(&path).await.ok();
            for filename in filenames(&page) {
                assert!(seen.insert(filename.to_owned()), "{filename} twice in {sort}");
            }
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!((pages, seen.len()), (3, 7), "{sort}");
    }
}

#[tokio::test]
async fn a_made_up_cursor_is_refused() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    for name in ["a.mp3", "b.mp3"] {
        reserved(&ann, name).await;
    }
    let of_titles = ann.get("/uploads?sort=title&limit=1").await.ok();
    let of_titles = of_titles["next_cursor"].as_str().unwrap();
    let encoded = |json: &str| base64_simd::URL_SAFE_NO_PAD.encode_to_string(json.as_bytes());
    let id = "0192f0c1-7d3a-7cc2-8a54-3f2b5d6e7f80";
    for bad in [
        "x".into(),
        "nonsense".into(),
        "%00".into(),
        "é".into(),
        "a".repeat(7_000),
        of_titles[1..].into(),
        format!("{of_titles}="),
        encoded("null"),
        encoded("{}"),
        encoded(&format!(r#"{{"place":"id","id":"{}"}}"#, id.to_uppercase())),
        encoded(&format!(r#"{{"place":"nowhere","id":"{id}"}}"#)),
        encoded(&format!(r#"{{"place":{{"title":"a\u0000b"}},"id":"{id}"}}"#)),
        encoded(&format!(r#"{{"place":{{"title":5}},"id":"{id}"}}"#)),
        encoded(&format!(r#"{{"place":{{"seconds":-1}},"id":"{id}"}}"#)),
    ] {
        for sort in ["title", "newest", "longest"] {
            let answer = ann.get(&format!("/uploads?sort={sort}&cursor={bad}")).await;
            answer.is(400, "bad_cursor");
        }
    }
    // A real one of another order.
    ann.get(&format!("/uploads?sort=newest&cursor={of_titles}"))
        .await
        .is(400, "bad_cursor");
    // One that points nowhere ends somewhere.
    for bits in [f64::NAN, f64::INFINITY, -0.0].map(f64::to_bits) {
        let cursor = encoded(&format!(r#"{{"place":{{"seconds":{bits}}},"id":"{id}"}}"#));
        ann.get(&format!("/uploads?sort=longest&cursor={cursor}")).await.ok();
    }
}

#[tokio::test]
async fn a_search_finds_whatever_the_accents_and_takes_nothing_for_a_pattern() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    for name in ["Jóga.mp3", "100% pure.mp3", "a_b.mp3", "back\"slash'.mp3"] {
        reserved(&ann, name).await;
    }
    let found = async |query: &str| {
        let page = ann.get(&format!("/uploads?sort=title&{query}")).await.ok();
        filenames(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("q=JOGA").await, ["Jóga.mp3"]);
    assert_eq!(found("q=j%C3%B3ga").await, ["Jóga.mp3"]);
    assert_eq!(found("q=%25").await, ["100% pure.mp3"]);
    assert_eq!(found("q=_").await, ["a_b.mp3"]);
    assert_eq!(found("q=%22").await, ["back\"slash'.mp3"]);
    assert_eq!(found("q=%27").await, ["back\"slash'.mp3"]);
    assert_eq!(found("q=%5C").await, Vec::<String>::new());
    assert_eq!(found("q=%20").await.len(), 4);
    assert_eq!(found(&format!("q={}", "x".repeat(200))).await, Vec::<String>::new());
    ann.get(&format!("/uploads?q={}", "x".repeat(201)))
        .await
        .is(400, "bad_request");
}

#[tokio::test]
async fn what_a_list_does_not_know_is_refused() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    for bad in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1.5",
        "limit=x",
        "limit=99999999999999999999",
        "sort=random",
        "sort=Newest",
        "state=sleeping",
        "state=READY",
        "limit=1&limit=2",
    ] {
        ann.get(&format!("/uploads?{bad}")).await.is(400, "bad_request");
    }
    ann.get("/uploads?limit=200&sort=shortest&state=ready&other=1")
        .await
        .ok();
}

#[tokio::test]
async fn a_state_picks_those_in_it() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    ann.ready("ready.mp3").await;
    ann.queued("queued.mp3").await;
    reserved(&ann, "uploading.mp3").await;
    for state in ["ready", "queued", "uploading"] {
        let page = ann.get(&format!("/uploads?state={state}")).await.ok();
        assert_eq!(filenames(&page), [format!("{state}.mp3")]);
    }
    assert_eq!(
        filenames(&ann.get("/uploads?state=failed").await.ok()),
        Vec::<&str>::new()
    );
}

#[tokio::test]
async fn what_waits_tells_its_place_in_the_queue() {
    let server = Server::start().await;
    let (ann, bob) = (
        server.person("ann@example.org").await,
        server.person("bob@example.org").await,
    );
    let first = ann.queued("first.mp3").await;
    ann.queued("second.mp3").await;
    reserved(&ann, "unsent.mp3").await;
    // His first comes before her second.
    let of_bob = bob.queued("bob.mp3").await;
    let of_bob = bob.get(&format!("/uploads/{of_bob}")).await.ok();
    assert_eq!(of_bob["queue_position"], 2);
    let places = async |ann: &Person<'_>| {
        let page = ann.get("/uploads?sort=oldest").await.ok();
        let uploads = page["uploads"].as_array().unwrap().iter();
        uploads
            .map(|upload| upload["queue_position"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&ann).await, [json!(1), json!(3), Value::Null]);
    ann.work(first, 2, 11.5).await;
    assert_eq!(places(&ann).await, [Value::Null, json!(2), Value::Null]);
    // What is queued anew says so at once.
    let again = ann.post(&format!("/uploads/{first}/retry")).await.ok();
    assert_eq!(
        (&again["state"], &again["queue_position"]),
        (&json!("queued"), &json!(3))
    );
}

#[tokio::test]
async fn names_are_given_and_taken_away() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let id = reserved(&ann, "song.mp3").await;
    let upload = rename(&ann, id, json!({"title": "  Jóga ", "artist": "Björk"}))
        .await
        .ok();
    assert_eq!((&upload["title"], &upload["artist"]), (&"Jóga".into(), &"Björk".into()));
    let upload = rename(
        &ann,
        id,
        json!({"artist": "", "album": "Homogenic", "state": "ready", "size": 1}),
    )
    .await
    .ok();
    assert_eq!((&upload["title"], &upload["artist"]), (&"Jóga".into(), &Value::Null));
    assert_eq!(
        (&upload["album"], &upload["state"], &upload["size"]),
        (&"Homogenic".into(), &"uploading".into(), &5.into())
    );
    assert_eq!(rename(&ann, id, json!({})).await.ok()["title"], "Jóga");
    let longest = "ä".repeat(500);
    assert_eq!(rename(&ann, id, json!({"title": longest})).await.ok()["title"], longest);
    for bad in ["a\0b".into(), "a\nb".into(), "\u{1b}[31m".into(), "ä".repeat(501)] {
        rename(&ann, id, json!({"album": bad})).await.is(400, "bad_name");
    }
    for bad in [json!({"title": 5}), json!([]), json!("x")] {
        rename(&ann, id, bad).await.is(400, "bad_request");
    }
}

#[tokio::test]
async fn a_delete_hides_and_can_be_taken_back_for_ten_seconds() {
    let server = Server::start_with(Clock::fixed(Clock::default().now()), |_| {}).await;
    let ann = server.person("ann@example.org").await;
    let id = reserved(&ann, "song.mp3").await;
    let path = format!("/uploads/{id}");
    ann.post(&format!("{path}/restore")).await.ok();
    let deleted = delete(&ann, id).await.ok();
    assert_eq!(delete(&ann, id).await.ok(), deleted);
    ann.get(&path).await.is(404, "not_found");
    for action in ["complete", "retry", "cancel", "playback"] {
        ann.post(&format!("{path}/{action}")).await.is(404, "not_found");
    }
    rename(&ann, id, json!({"title": "x"})).await.is(404, "not_found");
    assert_eq!(filenames(&ann.get("/uploads").await.ok()), Vec::<&str>::new());

    server.app.clock.set(server.app.clock.now() + Duration::from_secs(9));
    assert_eq!(
        ann.post(&format!("{path}/restore")).await.ok()["delete_at"],
        Value::Null
    );
    assert_eq!(filenames(&ann.get("/uploads").await.ok()), ["song.mp3"]);

    delete(&ann, id).await.ok();
    server.app.clock.set(server.app.clock.now() + Duration::from_secs(10));
    ann.post(&format!("{path}/restore")).await.is(404, "not_found");
    let gone = server
        .app
        .store
        .start_due_deletions(server.app.clock.now(), 10)
        .await
        .unwrap();
    assert_eq!(gone, [id]);
    ann.post(&format!("{path}/restore")).await.is(404, "not_found");
    delete(&ann, id).await.is(404, "not_found");
}

#[tokio::test]
async fn what_is_ready_can_be_run_again_and_called_off() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let (id, tree) = ann.ready("song.mp3").await;
    let path = format!("/uploads/{id}");
    ann.post(&format!("{path}/cancel")).await.is(409, "wrong_state");
    let again = ann.post(&format!("{path}/retry")).await.ok();
    assert_eq!((&again["state"], &again["playable"]), (&"queued".into(), &true.into()));
    ann.post(&format!("{path}/retry")).await.is(409, "wrong_state");
    let cancelled = ann.post(&format!("{path}/cancel")).await.ok();
    assert_eq!(
        (&cancelled["state"], &cancelled["failure"]),
        (&"ready".into(), &Value::Null)
    );
    ann.post(&format!("{path}/retry")).await.ok();
    let second = ann.work(id, 2, 11.5).await;
    let row = ann.row(id).await;
    assert_eq!(
        (row.state, row.published.unwrap().tree),
        (UploadState::Ready, second.clone())
    );
    assert_ne!(second, tree);
    let upload = ann.get(&path).await.ok();
    assert_eq!(upload["renditions"][0]["name"], "64k");
    assert_eq!(upload["renditions"][0]["segments"], 2);
}

#[tokio::test]
async fn what_never_came_cannot_be_run_again() {
    let server = Server::start().await;
    let ann = server.person("ann@example.org").await;
    let id = id_of(&ann.reserve("song.mp3", 5).await.ok()["upload"]);
    ann.post(&format!("/uploads/{id}/retry")).await.is(409, "wrong_state");
    ann.post(&format!("/uploads/{id}/cancel")).await.ok();
    ann.post(&format!("/uploads/{id}/retry")).await.is(409, "source_gone");
    ann.post(&format!("/uploads/{id}/playback"))
        .await
        .is(409, "not_playable");
}
