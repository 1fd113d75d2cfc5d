//! The name of a tree: one folder for each attempt.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

const ALPHABET: [char; 36] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
    'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
];
const LENGTH: usize = 16;

/// The name of a tree: a nanoid of 16 lower-case letters and digits (82 bits), so that no two attempts ever share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TreeName(String);

/// Not the name of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a tree is {LENGTH} lower-case letters and digits")]
pub struct BadTreeName;

impl TreeName {
    /// A new one. `random` gives as many random bytes as it is asked for.
    #[must_use]
    pub fn generate(random: impl FnMut(usize) -> Vec<u8>) -> Self {
        Self(nanoid::format(random, &ALPHABET, LENGTH))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TreeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TreeName {
    type Err = BadTreeName;

    fn from_str(text: &str) -> Result<Self, BadTreeName> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if text.len() == LENGTH && text.bytes().all(is_plain) {
            Ok(Self(text.into()))
        } else {
            Err(BadTreeName)
        }
    }
}

impl TryFrom<String> for TreeName {
    type Error = BadTreeName;

    fn try_from(text: String) -> Result<Self, BadTreeName> {
        text.parse()
    }
}

impl From<TreeName> for String {
    fn from(name: TreeName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_parses() {
        let mut next = 0_u8;
        let name = TreeName::generate(|count| {
            (0..count)
                .map(|_| {
                    next = next.wrapping_add(29);
                    next
                })
                .collect()
        });
        assert_eq!(name.as_str().parse(), Ok(name.clone()));
        for bad in [
            "",
            "short",
            "K3V9X0Q2M4N6B8C1",
            "../../../../../..",
            "k3v9x0q2m4n6b8c1x",
        ] {
            assert_eq!(bad.parse::<TreeName>(), Err(BadTreeName), "{bad}");
        }
    }
}
