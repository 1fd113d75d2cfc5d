//! Signed tokens: who is logged in, and what may be played. JSON Web Tokens (RFC 7519), signed with our own key.

use domain::{Secret, SessionId, Timestamp, TreeName, UploadId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// More than any token of ours has.
const LONGEST: usize = 1024;

/// Makes tokens and reads them.
pub(crate) struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    aud: Audience,
    /// Seconds since the epoch.
    exp: i64,
    /// The session that it belongs to, which may be over.
    pub(crate) sid: SessionId,
}

/// What a playback token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Play {
    aud: Audience,
    exp: i64,
    /// Whose upload,
    pub(crate) user: UserId,
    /// which,
    pub(crate) upload: UploadId,
    /// and which tree of it, which may have been superseded.
    pub(crate) tree: TreeName,
}

/// What a token is for, so that none passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Audience {
    Access,
    Play,
}

/// Not a token of ours, not of this kind, or expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid, or has expired")]
pub(crate) struct BadToken;

impl Tokens {
    pub(crate) fn new(key: &Secret) -> Self {
        let bytes = key.reveal().as_bytes();
        Self {
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
        }
    }

    pub(crate) fn access(&self, sid: SessionId, until: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Access {
            aud: Audience::Access,
            exp: seconds(until),
            sid,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    pub(crate) fn read_access(&self, now: Timestamp, token: &str) -> Result<Access, BadToken> {
        let access: Access = self.read(token)?;
        let is_good = access.aud == Audience::Access && seconds(now) < access.exp;
        is_good.then_some(access).ok_or(BadToken)
    }

    pub(crate) fn play(
        &self,
        (user, upload): (UserId, UploadId),
        tree: TreeName,
        until: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Play {
            aud: Audience::Play,
            exp: seconds(until),
            user,
            upload,
            tree,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    pub(crate) fn read_play(&self, now: Timestamp, token: &str) -> Result<Play, BadToken> {
        let play: Play = self.read(token)?;
        let is_good = play.aud == Audience::Play && seconds(now) < play.exp;
        is_good.then_some(play).ok_or(BadToken)
    }

    fn read<T: DeserializeOwned>(&self, token: &str) -> Result<T, BadToken> {
        if token.len() > LONGEST {
            return Err(BadToken);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // By our own clock and our own types.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let read = decode::<T>(token, &self.decoding, &validation);
        read.map(|token| token.claims).map_err(|_| BadToken)
    }
}

impl Play {
    /// When it runs out.
    pub(crate) fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.exp.saturating_mul(1000))
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn tokens() -> Tokens {
        Tokens::new(&Secret::new("a key that is known to this test alone"))
    }

    fn ids() -> (UserId, UploadId, SessionId) {
        (
            UserId::new(NOW, [1; 10]),
            UploadId::new(NOW, [2; 10]),
            SessionId::new(NOW, [3; 10]),
        )
    }

    #[test]
    fn a_token_works_until_its_time() {
        let (_, _, session) = ids();
        let until = NOW + Duration::from_mins(15);
        let token = tokens().access(session, until).unwrap();
        assert_eq!(tokens().read_access(NOW, &token).unwrap().sid, session);
        let just_before = until - Duration::from_secs(1);
        assert!(tokens().read_access(just_before, &token).is_ok());
        assert_eq!(tokens().read_access(until, &token), Err(BadToken));
    }

    #[test]
    fn one_kind_does_not_pass_for_another_and_another_key_signs_nothing() {
        let (user, upload, session) = ids();
        let until = NOW + Duration::from_mins(15);
        let access = tokens().access(session, until).unwrap();
        let tree: TreeName = "0123456789abcdef".parse().unwrap();
        let play = tokens().play((user, upload), tree, until).unwrap();
        assert_eq!(tokens().read_play(NOW, &access), Err(BadToken));
        assert_eq!(tokens().read_access(NOW, &play), Err(BadToken));
        let other = Tokens::new(&Secret::new("another"));
        assert_eq!(other.read_access(NOW, &access), Err(BadToken));
        assert_eq!(tokens().read_access(NOW, &"a".repeat(5000)), Err(BadToken));
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        // {"alg":"none"} and claims that would hold.
        let (_, _, session) = ids();
        let claims = format!(r#"{{"aud":"access","exp":9999999999,"sid":"{session}"}}"#);
        let part = |text: &str| base64_simd::URL_SAFE_NO_PAD.encode_to_string(text.as_bytes());
        let token = format!("{}.{}.", part(r#"{"alg":"none","typ":"JWT"}"#), part(&claims));
        assert_eq!(tokens().read_access(NOW, &token), Err(BadToken));
    }
}
