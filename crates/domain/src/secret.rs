//! Secrets: plain and shown once, or hashed and stored. The two types make storing the plain one awkward.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 32 characters of 64 kinds: 192 bits, beyond guessing, so a plain SHA-256 is hash enough.
const LENGTH: usize = 32;
/// What is longer was never ours, and is not worth hashing.
const LONGEST: usize = 256;

/// A secret as its holder knows it. Printing it shows nothing; [`Secret::reveal`] does.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A new one, a nanoid. `random` gives as many random bytes as it is asked for.
    #[must_use]
    pub fn generate(random: impl FnMut(usize) -> Vec<u8>) -> Self {
        Self(nanoid::format(random, &nanoid::alphabet::SAFE, LENGTH))
    }

    /// What somebody presented or an operator configured.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one who is to know it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What to store.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 of a secret: what databases hold.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// As stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this is the hash of what was presented, in constant time.
    #[must_use]
    pub fn matches(&self, presented: &Secret) -> bool {
        presented.0.len() <= LONGEST && presented.hash().0.ct_eq(&self.0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl FnMut(usize) -> Vec<u8> {
        let mut next = 0_u8;
        move |count| {
            (0..count)
                .map(|_| {
                    next = next.wrapping_add(37);
                    next
                })
                .collect()
        }
    }

    #[test]
    fn a_secret_matches_its_hash_and_no_other() {
        let secret = Secret::generate(counting());
        assert_eq!(secret.reveal().len(), LENGTH);
        assert!(secret.hash().matches(&secret));
        assert!(!secret.hash().matches(&Secret::new("")));
        assert!(!secret.hash().matches(&Secret::new("a".repeat(10_000))));
        let stored = SecretHash::from_bytes(*secret.hash().as_bytes());
        assert!(stored.matches(&Secret::new(secret.reveal())));
    }

    #[test]
    fn the_hash_is_plain_sha_256() {
        let expected = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let bytes: Vec<u8> = (0..64)
            .step_by(2)
            .map(|at| u8::from_str_radix(&expected[at..at + 2], 16).unwrap())
            .collect();
        assert_eq!(Secret::new("hello").hash().as_bytes()[..], bytes);
    }

    #[test]
    fn printing_shows_nothing() {
        let secret = Secret::new("hunter2");
        let shown = format!("{secret:?} {:?}", secret.hash());
        assert_eq!(shown, "Secret(…) SecretHash(…)");
    }
}
