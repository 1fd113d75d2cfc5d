//! Identifiers: `UUIDv7`, made by the application, one type for each kind of thing.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

/// Not an identifier in its one spelling: 36 characters, lower case, hyphenated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID in lower case, as in 0192f0c1-7d3a-7cc2-8a54-3f2b5d6e7f80")]
pub struct BadId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new one: sorts by when it was made, and cannot be guessed.
            #[must_use]
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// As the databases store it.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// As the databases store it.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;

            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

id! {
    /// A user.
    UserId
}
id! {
    /// An upload.
    UploadId
}
id! {
    /// A job.
    JobId
}
id! {
    /// A login: all refresh tokens that descend from one password entered.
    SessionId
}

/// Strict, because ids are parts of object keys: two spellings of one id would be two keys.
fn parse(text: &str) -> Result<Uuid, BadId> {
    let uuid = Uuid::try_parse(text).map_err(|_| BadId)?;
    let mut buffer = Uuid::encode_buffer();
    if uuid.hyphenated().encode_lower(&mut buffer) == text {
        Ok(uuid)
    } else {
        Err(BadId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_when_they_were_made() {
        let early = UploadId::new(Timestamp::from_millis(1_700_000_000_000), [0xff; 10]);
        let late = UploadId::new(Timestamp::from_millis(1_700_000_000_001), [0; 10]);
        assert!(early < late);
        assert_eq!(early.as_uuid().get_version_num(), 7);
        assert_eq!(early.to_string(), "018bcfe5-6800-7fff-bfff-ffffffffffff");
    }

    #[test]
    fn an_id_has_one_spelling() {
        let text = "018bcfe5-6800-7fff-bfff-ffffffffffff";
        assert_eq!(text.parse::<JobId>().unwrap().to_string(), text);
        for other in [
            "",
            "018BCFE5-6800-7FFF-BFFF-FFFFFFFFFFFF",
            "018bcfe568007fffbfffffffffffffff",
            "{018bcfe5-6800-7fff-bfff-ffffffffffff}",
            "urn:uuid:018bcfe5-6800-7fff-bfff-ffffffffffff",
            "018bcfe5-6800-7fff-bfff-ffffffffffff/",
        ] {
            assert_eq!(other.parse::<JobId>(), Err(BadId), "{other}");
        }
    }

    #[test]
    fn ids_ride_in_json_as_text() {
        let id: UserId = "018bcfe5-6800-7fff-bfff-ffffffffffff".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"018bcfe5-6800-7fff-bfff-ffffffffffff\"");
        assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<UserId>("\"x\"").is_err());
    }
}
