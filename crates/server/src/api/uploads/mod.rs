//! `/uploads`: the way of a file into the library, and the library.

mod cancel;
mod complete;
mod delete;
mod get;
mod list;
mod parts;
mod patch;
mod playback;
mod put;
mod reserve;
mod restore;
mod retry;
mod state;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

pub(crate) use list::SortView;
pub(crate) use view::UploadView;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_uploads, reserve::reserve_upload))
        .routes(routes!(get::get_upload, patch::patch_upload, delete::delete_upload))
        .routes(routes!(parts::upload_parts))
        .routes(routes!(complete::complete_upload))
        .routes(routes!(restore::restore_upload))
        .routes(routes!(retry::retry_upload))
        .routes(routes!(cancel::cancel_upload))
        .routes(routes!(playback::playback_of_upload))
}
