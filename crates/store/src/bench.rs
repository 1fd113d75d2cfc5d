//! Filling a library without going through the verbs, for `cargo xtask bench api`: 200,000 uploads one by one take longer
//! than all of the measuring.

mod ids;

use std::fmt::Write;

use domain::{UploadId, UserId};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::StoreError;
use ids::{NOW, uuid};

const WORDS: [&str; 8] = [
    "etude", "nocturne", "prelude", "waltz", "mazurka", "scherzo", "ballade", "sonata",
];

/// What was filled in.
pub struct FilledLibrary {
    /// One of the users.
    pub user: UserId,
    /// All of that user's uploads.
    pub uploads: Vec<UploadId>,
    /// Each is found in an eighth of them.
    pub words: &'static [&'static str],
}

/// Adds users who own the same number of uploads each, in turns, to a database that [`crate::open`] has made.
pub async fn fill_library(url: &str, users: u32, uploads: u32) -> Result<FilledLibrary, StoreError> {
    let is_sqlite = url.starts_with("sqlite:");
    let id = |number: &str| ids::expression(is_sqlite, number);
    let (user, owner, upload) = (id("1000 + i"), id(&format!("1000 + i % {users}")), id("10000000 + i"));
    let tree = if is_sqlite {
        "printf('%016d', i)"
    } else {
        "lpad(i::text, 16, '0')"
    };
    let word = WORDS
        .iter()
        .enumerate()
        .fold(String::new(), |mut cases, (index, word)| {
            let _ = write!(cases, "WHEN {index} THEN '{word}' ");
            cases
        });
    // The words go through each user's uploads, whichever those are.
    let title = format!("CASE (i / {users}) % {} {word} END || ' no. ' || i", WORDS.len());
    let rendition = r#"{"rung":"64k","segments":30,"bandwidth":80000,"average_bandwidth":70000}"#;
    let statements = [
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {users})
             INSERT INTO users (id, email, email_key, password_hash, created_at)
             SELECT {user}, 'user-' || i, 'user-' || i, 'none', {NOW} FROM n"
        ),
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {uploads})
             INSERT INTO uploads (id, user_id, state, filename, source_type, size, source_urls_until, etag, title, artist,
                                  search_key, title_key, codec, duration_seconds, tree, renditions, created_at, updated_at)
             SELECT {upload}, {owner}, 'ready', 'song-' || i || '.flac', 'flac', 30000000, {NOW}, 'etag', {title}, 'Ann',
                    {title} || ' ann song-' || i || '.flac', {title}, 'flac', 180 + i % 60, {tree}, '[{rendition}]',
                    {NOW} + i, {NOW} + i FROM n"
        ),
    ];
    if is_sqlite {
        let mut connection = SqliteConnection::connect(url).await?;
        for sql in statements {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
    } else {
        let mut connection = PgConnection::connect(url).await?;
        for sql in statements {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await?;
    }
    Ok(FilledLibrary {
        user: UserId::from_uuid(uuid(1000)),
        uploads: (0..uploads as usize)
            .step_by(users.max(1) as usize)
            .map(|i| UploadId::from_uuid(uuid(10_000_000 + i)))
            .collect(),
        words: &WORDS,
    })
}
