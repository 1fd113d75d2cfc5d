//! `/uploads`: the way of a file into the library, and the library.

mod get;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

pub(crate) use view::UploadView;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get::get_upload))
}
