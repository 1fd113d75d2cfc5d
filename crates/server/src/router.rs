//! Which path leads where, and the document that says so.

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    Problem, api,
    changes::nudged_by_writes,
    deadline::within_deadline,
    metrics::with_metrics,
    panics::answer_to_panic,
    request_id::with_request_id,
    state::App,
    web::{self, WebApp},
};

/// The longest body that any endpoint takes, in bytes. Files never come here.
const LONGEST_BODY: usize = 64 << 10;

#[derive(OpenApi)]
#[openapi(
    info(title = "Segue", description = "Turns uploaded audio into adaptive-bitrate HLS."),
    modifiers(&AccessToken),
    // Named by parameters alone, which are not looked through for schemas.
    components(schemas(api::uploads::SortView)),
    tags(
        (name = "settings", description = "What is taken here"),
        (name = "accounts", description = "Who is logged in"),
        (name = "uploads", description = "The way of a file into the library, and the library"),
        (name = "playback", description = "Playing what is ready"),
        (name = "workers", description = "What workers call"),
        (name = "operations", description = "Health and figures"),
    ),
)]
struct Description;

struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("access_token", SecurityScheme::Http(scheme));
    }
}

/// All that is served over HTTP, with the web app that was built into this binary.
pub fn router(app: App) -> Router {
    router_with(app, WebApp::built())
}

/// The same with a web app of one's own, for tests.
pub fn router_with(app: App, web: WebApp) -> Router {
    let (router, document) = endpoints().split_for_parts();
    let router = router
        .merge(api::internal::claiming(&app.settings))
        .merge(SwaggerUi::new("/api/docs").url("/api/v1/openapi.json", document))
        .merge(web::router(web))
        .method_not_allowed_fallback(async || {
            let detail = "this path takes other methods";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        });
    with_care(router, app)
}

/// What every request goes through, whatever it is for.
fn with_care(router: Router<App>, app: App) -> Router {
    router
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), nudged_by_writes))
        .layer(middleware::from_fn(within_deadline))
        // Within those that count requests and give them their id, so that a defect has both.
        .layer(CatchPanicLayer::custom(answer_to_panic))
        .layer(middleware::from_fn_with_state(app.clone(), with_metrics))
        .layer(middleware::from_fn(with_request_id))
        .with_state(app)
}

fn endpoints() -> OpenApiRouter<App> {
    let public = api::auth::router()
        .merge(api::me::router())
        .merge(api::uploads::router())
        .merge(api::play::router())
        .routes(routes!(api::events::events))
        .routes(routes!(api::settings::get_settings));
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1", public)
        .nest("/api/internal", api::internal::router())
        .routes(routes!(api::health::healthz))
        .routes(routes!(api::health::readyz))
        .routes(routes!(api::metrics::metrics))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        extract::{Path, Request},
        http::header,
        response::Response,
        routing::get,
    };
    use serde_json::Value;
    use tower_service::Service;

    use super::*;
    use crate::state::for_tests;

    #[tokio::test]
    async fn a_handler_that_panics_is_a_problem_with_the_request_s_id() {
        let (app, _folder) = for_tests::app().await;
        let defect = Router::new().route(
            "/{index}",
            get(async |Path(index): Path<usize>| ["there is one"][index]),
        );
        let mut router = with_care(defect, app);
        let mut ask = async |path: &str| -> Response {
            let request = Request::get(path).header("x-request-id", "my-own-id");
            router.call(request.body(Body::empty()).unwrap()).await.unwrap()
        };
        let answer = ask("/7").await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.headers()["x-request-id"], "my-own-id");
        let body = to_bytes(answer.into_body(), LONGEST_BODY).await.unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["request_id"], "my-own-id");
        // What the panic said is ours alone.
        assert!(!problem["detail"].as_str().unwrap().contains("index"), "{problem}");

        assert_eq!(ask("/0").await.status(), StatusCode::OK);
    }
}
