//! Passwords: argon2id, on at most two threads at once, since each computation takes its time and 19 MiB.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{Problem, clock::random};

/// Computations at a time.
const AT_ONCE: usize = 2;
/// Those that may wait for one of these; whoever comes later is sent away.
const WAITING: usize = 16;
const SHORTEST: usize = 8;
const LONGEST: usize = 256;
/// Of argon2's own default.
const SALT_BYTES: usize = 16;

/// Hashes and checks.
pub(crate) struct Passwords {
    computing: Semaphore,
    admitted: Semaphore,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            computing: Semaphore::new(AT_ONCE),
            admitted: Semaphore::new(AT_ONCE + WAITING),
        }
    }

    /// What to store of a password that somebody chose.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Problem> {
        check(password)?;
        let password = password.to_owned();
        self.compute(move || hash(&password)).await?.map_err(Problem::internal)
    }

    /// Whether this is the password. `stored: None`, as where there is no such account, takes as long as any other and is
    /// never right, so that the time tells nobody who has an account.
    pub(crate) async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool, Problem> {
        if password.len() > 4 * LONGEST {
            return Ok(false);
        }
        let password = password.to_owned();
        self.compute(move || {
            if let Some(stored) = stored {
                return verify(&password, &stored);
            }
            // What comes of it does not matter, only that it takes as long.
            let _ = hash(&password);
            false
        })
        .await
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || Problem::too_many_requests("too many people are logging in just now; try again in a moment", 1);
        let _admitted = self.admitted.try_acquire().map_err(|_| busy())?;
        let _computing = self.computing.acquire().await.map_err(Problem::internal)?;
        spawn_blocking(work).await.map_err(Problem::internal)
    }
}

/// Whether a password may be chosen.
///
/// # Errors
///
/// 400 `bad_password`.
pub fn check(password: &str) -> Result<(), Problem> {
    let length = password.chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        Ok(())
    } else {
        let message = format!("a password has {SHORTEST} to {LONGEST} characters");
        Err(Problem::bad("bad_password", message))
    }
}

/// argon2id's text form of a password, for whoever makes accounts without going through the API.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &random(SALT_BYTES))?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new();
        let stored = passwords.hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert!(passwords.verify("correct horse", Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify("battery staple", Some(stored)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }

    #[tokio::test]
    async fn two_of_the_same_password_are_stored_differently() {
        let passwords = Passwords::new();
        let (one, other) = (
            passwords.hash("correct horse").await,
            passwords.hash("correct horse").await,
        );
        assert_ne!(one.unwrap(), other.unwrap());
    }

    #[tokio::test]
    async fn whoever_comes_to_a_full_house_is_sent_away() {
        let passwords = Passwords::new();
        let _all = passwords.admitted.acquire_many(18).await.unwrap();
        let refused = passwords.hash("correct horse").await.unwrap_err();
        assert_eq!(refused.code(), "too_many_requests");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(check("ääääääää").is_ok());
        assert!(check("äääääää").is_err());
        assert!(check(&"x".repeat(257)).is_err());
    }
}
