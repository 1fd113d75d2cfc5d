//! Passwords: argon2id, on at most two threads at once, since each computation takes its time and 19 MiB.

mod hasher;

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{CustomizedPasswordHasher, Params, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{Problem, clock::random};
use hasher::Hasher;

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
    computing: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    /// Those that compute nothing just now. There are never more than compute at a time.
    idle: Arc<Mutex<Vec<Hasher>>>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            computing: Arc::new(Semaphore::new(AT_ONCE)),
            admitted: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            idle: Arc::default(),
        }
    }

    /// What to store of a password that somebody chose.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Problem> {
        check(password)?;
        let password = password.to_owned();
        let hashed = self.compute(move |hasher| hash_with(hasher, &password)).await?;
        hashed.map_err(Problem::internal)
    }

    /// Whether this is the password. `stored: None`, as where there is no such account, takes as long as any other and is
    /// never right, so that the time tells nobody who has an account.
    pub(crate) async fn verify(&self, password: &str, stored: Option<String>) -> Result<bool, Problem> {
        if password.len() > 4 * LONGEST {
            return Ok(false);
        }
        let password = password.to_owned();
        self.compute(move |hasher| {
            if let Some(stored) = stored {
                return verify(hasher, &password, &stored);
            }
            // What comes of it does not matter, only that it takes as long.
            let _ = hash_with(hasher, &password);
            false
        })
        .await
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce(&Hasher) -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || Problem::too_many_requests("too many people are logging in just now; try again in a moment", 1);
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| busy())?;
        let computing = Arc::clone(&self.computing).acquire_owned().await;
        let computing = computing.map_err(Problem::internal)?;
        let idle = Arc::clone(&self.idle);
        let compute = move || {
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let hasher = taken.unwrap_or_default();
            let result = work(&hasher);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(hasher);
            // Only now: whoever asked may have left, but their computation went on.
            drop((computing, admitted));
            result
        };
        spawn_blocking(compute).await.map_err(Problem::internal)
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
    hash_with(&Hasher::default(), password)
}

fn hash_with(hasher: &Hasher, password: &str) -> Result<String, argon2::password_hash::Error> {
    let salt = random(SALT_BYTES);
    let hash = hasher.hash_password_with_params(password.as_bytes(), &salt, Params::default())?;
    Ok(hash.to_string())
}

fn verify(hasher: &Hasher, password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|stored| hasher.verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use tokio::time::timeout;

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

    #[tokio::test]
    async fn whoever_leaves_makes_no_room_before_the_computation_is_over() {
        let passwords = Passwords::new();
        let (go_on, told) = mpsc::channel::<()>();
        let asked = passwords.compute(move |_| told.recv().is_ok());
        assert!(timeout(Duration::from_millis(1), asked).await.is_err(), "it left");
        assert_eq!(passwords.computing.available_permits(), AT_ONCE - 1);
        assert_eq!(passwords.admitted.available_permits(), AT_ONCE + WAITING - 1);

        go_on.send(()).unwrap();
        let over = passwords.computing.acquire_many(2);
        assert!(timeout(Duration::from_secs(30), over).await.is_ok());
        assert_eq!(passwords.idle.lock().unwrap().len(), 1, "it is there for the next");
    }

    #[tokio::test]
    async fn however_many_ask_there_is_memory_for_two() {
        let passwords = Arc::new(Passwords::new());
        let ask = |_| {
            let passwords = Arc::clone(&passwords);
            tokio::spawn(async move { passwords.verify("correct horse", None).await.unwrap() })
        };
        let asked: Vec<_> = (0..6).map(ask).collect();
        for answer in asked {
            assert!(!answer.await.unwrap());
        }
        let idle = passwords.idle.lock().unwrap().len();
        assert!((1..=AT_ONCE).contains(&idle), "{idle}");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(check("ääääääää").is_ok());
        assert!(check("äääääää").is_err());
        assert!(check(&"x".repeat(257)).is_err());
    }
}
