//! `GET /uploads`

use axum::{Json, extract::State};
use domain::UploadState;
use serde::{
    Deserialize, Serialize,
    de::{
        IntoDeserializer,
        value::{Error as ValueError, StrDeserializer},
    },
};
use store::{LibraryCursor, LibraryQuery, Sort, StoreError};
use utoipa::{IntoParams, ToSchema};

use super::{UploadView, state::StateView};
use crate::{
    Problem,
    extract::{Account, Params},
    problem::ProblemBody,
    state::App,
};

const LONGEST_SEARCH: usize = 200;
const MOST: u32 = 200;
const USUAL: u32 = 50;
/// A cursor holds at most a title of 2,000 bytes, each of which JSON may spell with two.
const LONGEST_CURSOR: usize = 6_000;

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("search for at most {LONGEST_SEARCH} characters")]
    Search,
    #[error("there is no state `{0}`; states are uploading, queued, processing, ready, failed and deleting")]
    State(String),
    #[error("there is no order `{0}`; use newest, oldest, title, title_descending, longest or shortest")]
    Sort(String),
    #[error("the limit is a number from 1 to {MOST}")]
    Limit,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::bad_request(refused.to_string())
    }
}

/// Which part of the library, in which order. What is empty is as good as not there.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Found in title, artist, album or filename, whatever the case and accents; at most 200 characters.
    q: Option<String>,
    /// Only those in this state.
    #[param(value_type = Option<StateView>)]
    state: Option<String>,
    /// `newest` by default.
    #[param(value_type = Option<SortView>)]
    sort: Option<String>,
    /// `next_cursor` of the page before, in the same order.
    cursor: Option<String>,
    /// 1 to 200, 50 by default.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
}

/// The order of a library.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = Sort)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortView {
    /// The last reserved first.
    Newest,
    /// The first reserved first.
    Oldest,
    /// By title, or by filename where there is none.
    Title,
    /// The same, backwards.
    TitleDescending,
    /// The longest first; those of unknown length come last.
    Longest,
    /// The shortest first; those of unknown length come before.
    Shortest,
}

impl From<SortView> for Sort {
    fn from(sort: SortView) -> Self {
        match sort {
            SortView::Newest => Self::Newest,
            SortView::Oldest => Self::Oldest,
            SortView::Title => Self::Title,
            SortView::TitleDescending => Self::TitleDescending,
            SortView::Longest => Self::Longest,
            SortView::Shortest => Self::Shortest,
        }
    }
}

/// A page of the library.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LibraryPage {
    uploads: Vec<UploadView>,
    /// For the next page; null: this was the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A page of the library
#[utoipa::path(
    get,
    path = "/uploads",
    tag = "uploads",
    params(Wanted),
    responses(
        (status = 200, body = LibraryPage),
        (status = 400, body = ProblemBody, description = "`bad_request`, `bad_cursor`"),
        (status = 401, body = ProblemBody, description = "`unauthorized`"),
    ),
    security(("access_token" = [])),
)]
pub(crate) async fn list_uploads(
    State(app): State<App>,
    account: Account,
    Params(wanted): Params<Wanted>,
) -> Result<Json<LibraryPage>, Problem> {
    let query = LibraryQuery {
        search: wanted.q.as_deref().map(checked_search).transpose()?,
        state: given(wanted.state.as_deref()).map(state).transpose()?,
        sort: given(wanted.sort.as_deref()).map(sort).transpose()?.unwrap_or_default(),
        cursor: given(wanted.cursor.as_deref()).map(cursor).transpose()?,
        limit: given(wanted.limit.as_deref()).map_or(Ok(USUAL), limit)?,
    };
    let page = app.store.list(account.id(), query).await?;
    let view = |entry| UploadView::new(entry, &app.settings);
    let mut uploads: Vec<_> = page.entries.into_iter().map(view).collect();
    UploadView::find_places(&app, &mut uploads).await?;
    Ok(Json(LibraryPage {
        uploads,
        next_cursor: page.next.map(|cursor| text_of(&cursor)).transpose()?,
    }))
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn checked_search(text: &str) -> Result<&str, Refused> {
    let is_short = text.chars().count() <= LONGEST_SEARCH;
    is_short.then_some(text).ok_or(Refused::Search)
}

fn state(text: &str) -> Result<UploadState, Refused> {
    text.parse().map_err(|_| Refused::State(shortened(text)))
}

fn sort(text: &str) -> Result<Sort, Refused> {
    let name: StrDeserializer<'_, ValueError> = text.into_deserializer();
    let sort = SortView::deserialize(name).map_err(|_| Refused::Sort(shortened(text)))?;
    Ok(sort.into())
}

fn limit(text: &str) -> Result<u32, Refused> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or(Refused::Limit)
}

fn shortened(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(32).collect()
}

fn text_of(cursor: &LibraryCursor) -> Result<String, Problem> {
    let json = serde_json::to_vec(cursor).map_err(Problem::internal)?;
    Ok(base64_simd::URL_SAFE_NO_PAD.encode_to_string(json))
}

fn cursor(text: &str) -> Result<LibraryCursor, StoreError> {
    let json = (text.len() <= LONGEST_CURSOR).then(|| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text));
    let json = json.and_then(Result::ok).ok_or(StoreError::BadCursor)?;
    serde_json::from_slice(&json).map_err(|_| StoreError::BadCursor)
}

#[cfg(test)]
mod fuzz;
