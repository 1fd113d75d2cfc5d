//! What can come of a verb besides its result.

/// Why a verb changed nothing. Whatever it is, the transaction was rolled back as a whole.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row, or it belongs to somebody else: the two are not told apart.
    #[error("not found")]
    NotFound,
    /// The row's state does not allow it.
    #[error("not possible while it is {0}")]
    WrongState(String),
    /// Something that must be unique is there already.
    #[error("already taken")]
    Taken,
    /// As many as are allowed are there already.
    #[error("no more than {0} are allowed")]
    TooMany(u32),
    /// Accounts are not made this way any more.
    #[error("registration is closed")]
    Closed,
    /// There is nothing to package.
    #[error("its source is gone; upload it again")]
    SourceGone,
    /// A cursor that belongs to another order.
    #[error("the cursor belongs to another list; begin again without it")]
    BadCursor,
    /// The database does not answer, or the transaction lost a race with another. Another try may succeed.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// What was sent or what is stored breaks a rule of the schema. A defect of ours.
    #[error("the database refused: {0}")]
    Refused(#[source] sqlx::Error),
    /// A stored value cannot be read as what it should be. A defect of ours, or a hand in the database.
    #[error("a stored value is damaged: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether the same call may succeed another time.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Unavailable(_))
    }

    /// An `INSERT` whose unique constraint is the question that is asked.
    pub(crate) fn or_taken(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => StoreError::Taken,
            _ => error.into(),
        }
    }

    /// For values that were written by us and must parse.
    pub(crate) fn damaged(error: impl std::fmt::Display) -> Self {
        StoreError::Damaged(error.to_string())
    }
}

/// PostgreSQL's serialization failure, deadlock, lock timeout, shutdown and too many connections; `SQLite`'s `BUSY`,
/// in its plain and extended forms.
const TRANSIENT: [&str; 11] = [
    "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300", "5", "261", "517", "773",
];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default();
                if TRANSIENT.contains(&&*code) {
                    StoreError::Unavailable(error)
                } else {
                    StoreError::Refused(error)
                }
            }
            sqlx::Error::RowNotFound => StoreError::NotFound,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::damaged(error),
            _ => StoreError::Unavailable(error),
        }
    }
}
