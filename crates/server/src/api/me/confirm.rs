//! The password once more, before something that a found telephone must not be enough for.

use store::User;

use crate::{Problem, state::State};

/// 403 `wrong_password`.
pub(super) fn wrong() -> Problem {
    Problem::forbidden("wrong_password", "the password is wrong")
}

/// 403 `wrong_password`, or 429 after too many of them.
pub(super) async fn confirm(app: &State, user: &User, password: &str) -> Result<(), Problem> {
    app.failed_logins.check(app.clock.now(), &user.email)?;
    if app.passwords.verify(password, Some(user.password_hash.clone())).await? {
        return Ok(());
    }
    app.failed_logins.note(app.clock.now(), &user.email);
    Err(wrong())
}
