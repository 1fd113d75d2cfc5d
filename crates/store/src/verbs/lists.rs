//! Lists of uploads with their progress, for either database.

use domain::{Timestamp, UploadId, UserId, search_pattern, title_key};
use sqlx::{Pool, QueryBuilder};
use uuid::Uuid;

use super::Db;
use crate::{
    ChangeCursor, Entry, LibraryCursor, LibraryQuery, Page, Sort, StoreError,
    library::Place,
    rows::{self, EntryRow, entry_columns},
};

/// What [`Sort::Longest`] and [`Sort::Shortest`] take for an unknown length.
const SECONDS: &str = "coalesce(u.duration_seconds, 0)";

/// The rows that changed, in the order and from the place that a cursor names; `$1` to `$4` are `since`, the cursor's
/// time and id, and the limit.
macro_rules! changes {
    ($uploads:literal, $jobs:literal) => {
        concat!(
            "SELECT ",
            entry_columns!(),
            ", c.changed_at
             FROM (
                 SELECT id, max(at) AS changed_at
                 FROM (
                     SELECT id, updated_at AS at FROM uploads WHERE updated_at >= $1 ",
            $uploads,
            "        UNION ALL
                     SELECT j.upload_id, a.heard_at
                     FROM attempts a JOIN jobs j ON j.id = a.job_id
                     WHERE a.ended_at IS NULL AND a.heard_at >= $1 ",
            $jobs,
            "    ) AS changes
                 GROUP BY id
             ) AS c
             JOIN uploads u ON u.id = c.id
             WHERE (c.changed_at, c.id) > ($2, $3)
             ORDER BY c.changed_at, c.id
             LIMIT $4"
        )
    };
}

pub(super) async fn page(reader: &Pool<Db>, user: UserId, query: LibraryQuery<'_>) -> Result<Page, StoreError> {
    let limit = query.limit.max(1);
    // Every order ends in the id, so that no two rows are level.
    let (column, compare, direction) = match query.sort {
        Sort::Newest => (None, " < ", " DESC"),
        Sort::Oldest => (None, " > ", ""),
        Sort::Title => (Some("u.title_key"), " > ", ""),
        Sort::TitleDescending => (Some("u.title_key"), " < ", " DESC"),
        Sort::Longest => (Some(SECONDS), " < ", " DESC"),
        Sort::Shortest => (Some(SECONDS), " > ", ""),
    };
    let order = match column {
        Some(column) => format!(" ORDER BY {column}{direction}, u.id{direction}"),
        None => format!(" ORDER BY u.id{direction}"),
    };
    let pattern = query.search.and_then(search_pattern);
    // A search finds the ids first, which takes nothing but an index, and then reads the rows of this page alone.
    let is_search = pattern.is_some();
    let from = if is_search {
        "(SELECT u.id FROM uploads u"
    } else {
        "uploads u"
    };
    let mut builder = QueryBuilder::<Db>::new(concat!(
        "SELECT ",
        entry_columns!(),
        ", u.updated_at AS changed_at FROM "
    ));
    builder.push(from).push(" WHERE u.delete_at IS NULL AND u.user_id = ");
    builder.push_bind(user.as_uuid());
    if let Some(state) = query.state {
        builder.push(" AND u.state = ").push_bind(state.as_str());
    }
    if let Some(pattern) = pattern {
        builder.push(" AND u.search_key LIKE ").push_bind(pattern);
        builder.push(r" ESCAPE '\'");
    }
    if let Some(cursor) = query.cursor {
        builder.push(" AND (");
        if let Some(column) = column {
            builder.push(column).push(", ");
        }
        builder.push("u.id)").push(compare).push("(");
        match (query.sort, cursor.place) {
            (Sort::Newest | Sort::Oldest, Place::Id) => {}
            (Sort::Title | Sort::TitleDescending, Place::Title(key)) => {
                builder.push_bind(key).push(", ");
            }
            (Sort::Longest | Sort::Shortest, Place::Seconds(bits)) => {
                builder.push_bind(f64::from_bits(bits)).push(", ");
            }
            _ => return Err(StoreError::BadCursor),
        }
        builder.push_bind(cursor.id.as_uuid()).push(")");
    }
    // One more than asked for says whether there is a next page.
    builder.push(&order).push(" LIMIT ").push_bind(i64::from(limit) + 1);
    if is_search {
        builder.push(") AS page JOIN uploads u ON u.id = page.id").push(&order);
    }

    let mut rows: Vec<EntryRow> = builder.build_query_as().fetch_all(reader).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let entries: Vec<Entry> = rows::all(rows)?;
    let next = entries.last().filter(|_| !is_last).map(|entry| LibraryCursor {
        place: place(query.sort, entry),
        id: entry.upload.id,
    });
    Ok(Page { entries, next })
}

fn place(sort: Sort, entry: &Entry) -> Place {
    let upload = &entry.upload;
    match sort {
        Sort::Newest | Sort::Oldest => Place::Id,
        Sort::Title | Sort::TitleDescending => {
            Place::Title(title_key(upload.title.as_deref().unwrap_or(&upload.filename)))
        }
        Sort::Longest | Sort::Shortest => Place::Seconds(upload.duration_seconds.unwrap_or(0.0).to_bits()),
    }
}

pub(super) async fn entry(reader: &Pool<Db>, user: UserId, id: UploadId) -> Result<Entry, StoreError> {
    let sql = concat!(
        "SELECT ",
        entry_columns!(),
        ", u.updated_at AS changed_at
          FROM uploads u WHERE u.id = $1 AND u.user_id = $2 AND u.delete_at IS NULL"
    );
    let query = sqlx::query_as::<Db, EntryRow>(sql);
    let query = query.bind(id.as_uuid()).bind(user.as_uuid());
    query.fetch_one(reader).await?.try_into()
}

pub(super) async fn changed_since(
    reader: &Pool<Db>,
    since: Timestamp,
    cursor: Option<ChangeCursor>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let cursor = cursor.unwrap_or(beginning());
    let query = sqlx::query_as::<Db, EntryRow>(changes!("", ""))
        .bind(since.as_millis())
        .bind(cursor.changed_at.as_millis())
        .bind(cursor.id.as_uuid())
        .bind(i64::from(limit));
    rows::all(query.fetch_all(reader).await?)
}

pub(super) async fn changed_of_user(
    reader: &Pool<Db>,
    user: UserId,
    since: Timestamp,
    cursor: Option<ChangeCursor>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let cursor = cursor.unwrap_or(beginning());
    let query = sqlx::query_as::<Db, EntryRow>(changes!("AND user_id = $5", "AND j.user_id = $5"))
        .bind(since.as_millis())
        .bind(cursor.changed_at.as_millis())
        .bind(cursor.id.as_uuid())
        .bind(i64::from(limit))
        .bind(user.as_uuid());
    rows::all(query.fetch_all(reader).await?)
}

pub(super) async fn unfinished(
    reader: &Pool<Db>,
    user: UserId,
    cursor: Option<UploadId>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let sql = concat!(
        "SELECT ",
        entry_columns!(),
        ", u.updated_at AS changed_at
          FROM uploads u
          WHERE u.user_id = $1 AND u.id > $2 AND u.delete_at IS NULL
              AND u.state IN ('uploading', 'queued', 'processing')
          ORDER BY u.id LIMIT $3"
    );
    let query = sqlx::query_as::<Db, EntryRow>(sql)
        .bind(user.as_uuid())
        .bind(cursor.map_or(Uuid::nil(), UploadId::as_uuid))
        .bind(i64::from(limit));
    rows::all(query.fetch_all(reader).await?)
}

fn beginning() -> ChangeCursor {
    ChangeCursor {
        changed_at: Timestamp::from_millis(i64::MIN),
        id: UploadId::from_uuid(Uuid::nil()),
    }
}
