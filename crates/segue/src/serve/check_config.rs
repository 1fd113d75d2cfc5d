//! `segue serve --check-config`.

use std::time::Duration;

use domain::ObjectKey;
use objects::{Audience, PresignedPut, Signing};
use reqwest::{Method, Response, StatusCode, header::HeaderName};
use server::{BucketForBrowsers, State};

use crate::{failure::Failure, print};

const PATIENCE: Duration = Duration::from_secs(30);
const CONTENT: &str = "segue was here";
/// Stands for a browser's page where no public URL is configured.
const SOME_ORIGIN: &str = "http://localhost:8080";

/// Prints one line for each check. `Err`: at least one failed.
pub(super) async fn run(state: &State, public_bucket: Option<&str>) -> Result<(), Failure> {
    let database = state.store.ping().await;
    let database = told(
        "the database",
        "it answers",
        database.map_err(|error| error.to_string()),
    )?;
    let key = probe_key(state);
    let bucket = state.bucket.probe(&key).await;
    let bucket = told(
        "the bucket",
        "PUT, GET and DELETE work",
        bucket.map_err(|error| error.to_string()),
    )?;
    let cors = cors(state, &key).await;
    // Whatever the answer was, the object may be there.
    let _ = state.bucket.delete(&key).await;
    let cors = told("CORS of the bucket", "pages may PUT, and see the ETag", cors)?;
    let schemes = told(
        "URLs",
        "pages may follow those of objects",
        schemes(state, public_bucket),
    )?;
    if database && bucket && cors && schemes {
        Ok(())
    } else {
        Err(Failure::environment("bad_config", "the configuration has problems; see above").on_stdout())
    }
}

fn told(what: &str, good: &str, result: Result<(), String>) -> Result<bool, Failure> {
    let is_good = result.is_ok();
    let line = match result {
        Ok(()) => format!("ok    {what}: {good}"),
        Err(problem) => format!("FAIL  {what}: {}", print::one_line(&problem)),
    };
    print::to_stdout(&line)?;
    Ok(is_good)
}

/// Beside the marker, so that no upload is in the way.
fn probe_key(state: &State) -> String {
    let marker = state.settings.prefix.key(&ObjectKey::Marker);
    format!("{marker}-probe-{}", server::new_secret().reveal())
}

/// What a browser does before and while it sends a file from a page of ours.
async fn cors(state: &State, key: &str) -> Result<(), String> {
    let origin = state.settings.public_url.as_deref().unwrap_or(SOME_ORIGIN);
    let options = PresignedPut {
        content_type: "text/plain",
        content_length: CONTENT.len() as u64,
        cache_control: None,
        write_once: false,
    };
    let signing = Signing {
        audience: Audience::Browsers,
        from: state.clock.now(),
        lifetime: Duration::from_mins(5),
    };
    let put = state.bucket.presign_put(key, options, signing).await;
    let put = put.map_err(|error| error.to_string())?;
    let unreachable = |error: reqwest::Error| {
        let error = error.without_url();
        format!("the bucket does not answer where browsers are sent: {error}")
    };
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .build()
        .map_err(unreachable)?;
    let preflight = http
        .request(Method::OPTIONS, &put.url)
        .header("origin", origin)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type");
    let preflight = preflight.send().await.map_err(unreachable)?;
    let lets_in = |answer: &Response| ["*", origin].contains(&value(answer, "access-control-allow-origin"));
    let lets_put = value(&preflight, "access-control-allow-methods")
        .split(',')
        .any(|method| ["*", "PUT"].contains(&method.trim()));
    if !preflight.status().is_success() || !lets_in(&preflight) || !lets_put {
        return Err(format!(
            "it does not let pages of {origin} PUT; allow the methods PUT, GET and HEAD"
        ));
    }
    let request = put
        .headers
        .iter()
        .fold(http.put(&put.url), |request, (name, value)| request.header(name, value));
    let answer = request
        .header("origin", origin)
        .body(CONTENT)
        .send()
        .await
        .map_err(unreachable)?;
    if answer.status() != StatusCode::OK {
        return Err(format!(
            "a PUT as browsers send it is answered with {}",
            answer.status()
        ));
    }
    let shows_etag = value(&answer, "access-control-expose-headers")
        .split(',')
        .any(|name| name.trim() == "*" || name.trim().eq_ignore_ascii_case("etag"));
    if lets_in(&answer) && shows_etag {
        Ok(())
    } else {
        Err(format!(
            "it does not show pages of {origin} the ETag; expose that header"
        ))
    }
}

fn value<'a>(answer: &'a Response, name: &'static str) -> &'a str {
    let value = answer.headers().get(HeaderName::from_static(name));
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A page that came by https may not load what comes by http.
fn schemes(state: &State, public_bucket: Option<&str>) -> Result<(), String> {
    let is_https = |url: &str| url.starts_with("https://");
    if !state.settings.public_url.as_deref().is_some_and(is_https) {
        return Ok(());
    }
    let objects_are_https = match state.settings.bucket_for_browsers {
        BucketForBrowsers::Endpoint => public_bucket.is_some_and(is_https),
        BucketForBrowsers::PortOf(_) => false,
    };
    if objects_are_https {
        Ok(())
    } else {
        Err(
            "the public URL is https, but objects are served by http; set SEGUE_S3_PUBLIC_ENDPOINT to an https URL"
                .into(),
        )
    }
}
