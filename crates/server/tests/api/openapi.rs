//! The document that typed clients are generated from.

use std::{env, fs, path::Path};

use serde_json::Value;

use crate::support::Server;

/// What the web app's types are made of.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/api/openapi.json");
const RENEW: &str =
    "SEGUE_WRITE_OPENAPI=1 cargo test --package server --test api openapi, then `npm run generate` in web/";

async fn document() -> Value {
    let server = Server::start().await;
    let answer = server.get("/api/v1/openapi.json").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// What a pointer into the document leads to, through a reference if it is one.
#[track_caller]
fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    let found = document.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
    match found["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => found,
    }
}

#[tokio::test]
async fn the_committed_openapi_document_is_the_one_that_is_served() {
    let served = document().await;
    let path = Path::new(COMMITTED);
    if env::var_os("SEGUE_WRITE_OPENAPI").is_some() {
        let text = serde_json::to_string_pretty(&served).unwrap();
        fs::write(path, text + "\n").unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    // Not by `assert_eq`, which would print both.
    assert!(
        committed == served,
        "web/src/api/openapi.json is stale; renew it: {RENEW}"
    );
}

#[tokio::test]
async fn what_is_one_of_a_few_words_is_an_enum_in_openapi() {
    let document = document().await;
    let states = ["uploading", "queued", "processing", "ready", "failed", "deleting"];
    let state = at(&document, "/components/schemas/Upload/properties/state");
    assert_eq!(state["enum"], serde_json::json!(states));
    let sort = at(&document, "/components/schemas/Sort");
    assert_eq!(sort["enum"].as_array().unwrap().len(), 6);
    let parameters = at(&document, "/paths/~1api~1v1~1uploads/get/parameters").to_string();
    for reference in ["#/components/schemas/UploadState", "#/components/schemas/Sort"] {
        assert!(parameters.contains(reference), "{parameters}");
    }
}

#[tokio::test]
async fn what_an_answer_always_has_is_required_in_openapi() {
    let document = document().await;
    for schema in [
        "Upload",
        "LibraryPage",
        "Session",
        "User",
        "Problem",
        "Playback",
        "TransferParts",
    ] {
        let schema = at(&document, &format!("/components/schemas/{schema}"));
        let properties = schema["properties"].as_object().unwrap().keys();
        let required: Vec<_> = schema["required"].as_array().unwrap().iter().collect();
        for property in properties {
            assert!(
                required.contains(&&Value::from(property.as_str())),
                "{property} of {schema}"
            );
        }
    }
}
