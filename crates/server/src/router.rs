//! Which path leads where, and the document that says so.

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware};
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
    Problem, api, changes::nudged_by_writes, deadline::within_deadline, metrics::with_metrics,
    request_id::with_request_id, state::App,
};

/// The longest body that any endpoint takes, in bytes. Files never come here.
const LONGEST_BODY: usize = 64 << 10;

#[derive(OpenApi)]
#[openapi(
    info(title = "Segue", description = "Turns uploaded audio into adaptive-bitrate HLS."),
    modifiers(&AccessToken),
    tags(
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

/// All that is served over HTTP.
pub fn router(app: App) -> Router {
    let (router, document) = endpoints().split_for_parts();
    router
        .merge(api::internal::claiming(&app.settings))
        .merge(SwaggerUi::new("/api/docs").url("/api/v1/openapi.json", document))
        .fallback(async || Problem::not_found("page"))
        .method_not_allowed_fallback(async || {
            let detail = "this path takes other methods";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), nudged_by_writes))
        .layer(middleware::from_fn(within_deadline))
        .layer(middleware::from_fn_with_state(app.clone(), with_metrics))
        .layer(middleware::from_fn(with_request_id))
        .with_state(app)
}

fn endpoints() -> OpenApiRouter<App> {
    let public = api::auth::router()
        .merge(api::me::router())
        .merge(api::uploads::router())
        .merge(api::play::router())
        .routes(routes!(api::events::events));
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1", public)
        .nest("/api/internal", api::internal::router())
        .routes(routes!(api::health::healthz))
        .routes(routes!(api::health::readyz))
        .routes(routes!(api::metrics::metrics))
}
