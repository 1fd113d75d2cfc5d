//! A session as its holder keeps it: the access token in hand, and the refresh token in a cookie.

use std::time::Duration;

use domain::Secret;
use reqwest::header::{HeaderMap, SET_COOKIE};
use tokio::time::Instant;

/// The second one where the server's public URL is https.
const COOKIES: [&str; 2] = ["segue_refresh", "__Secure-segue_refresh"];
/// So long before its end a token is exchanged: what is sent with it has to arrive as well.
const MARGIN: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Session {
    pub(crate) access: Option<Access>,
    pub(crate) cookie: Option<Cookie>,
}

#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) token: Secret,
    /// From then on it is exchanged before it is used.
    pub(crate) stale_at: Instant,
}

impl Access {
    pub(crate) fn new(token: Secret, expires_in: Duration, asked: Instant) -> Self {
        let margin = MARGIN.min(expires_in / 4);
        Self {
            token,
            stale_at: asked + expires_in.saturating_sub(margin),
        }
    }

    /// One that came from elsewhere: how long it works is not known.
    pub(crate) fn given(token: Secret) -> Self {
        Self::new(token, Duration::from_hours(24 * 365), Instant::now())
    }
}

#[derive(Clone)]
pub(crate) struct Cookie {
    name: &'static str,
    value: Secret,
}

impl Cookie {
    /// As the header `Cookie` has it.
    pub(crate) fn header(&self) -> Secret {
        Secret::new(format!("{}={}", self.name, self.value.reveal()))
    }
}

impl Session {
    /// Takes the cookie that an answer sets, or forgets the one that it takes away. Its attributes are for browsers: this
    /// client sends it to `/auth` of one server and nowhere else.
    pub(crate) fn take_cookie(&mut self, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let Some((name, rest)) = header.to_str().ok().and_then(|text| text.split_once('=')) else {
                continue;
            };
            let Some(name) = COOKIES.into_iter().find(|known| *known == name.trim()) else {
                continue;
            };
            let mut pieces = rest.split(';').map(str::trim);
            let value = pieces.next().unwrap_or_default();
            let is_over = pieces.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0"));
            self.cookie = (!is_over && !value.is_empty()).then(|| Cookie {
                name,
                value: Secret::new(value),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_back(answers: &[&str]) -> Option<String> {
        let mut session = Session::default();
        for answer in answers {
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, "theme=dark".parse().unwrap());
            headers.append(SET_COOKIE, answer.parse().unwrap());
            session.take_cookie(&headers);
        }
        session.cookie.map(|cookie| cookie.header().reveal().to_owned())
    }

    #[test]
    fn the_cookie_is_sent_back_as_it_came() {
        let plain = "segue_refresh=abc; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=2592000";
        assert_eq!(sent_back(&[plain]).as_deref(), Some("segue_refresh=abc"));
        let secure = "__Secure-segue_refresh=abc==; Secure; HttpOnly";
        assert_eq!(
            sent_back(&[plain, secure]).as_deref(),
            Some("__Secure-segue_refresh=abc==")
        );
    }

    #[test]
    fn a_cookie_that_is_taken_away_is_forgotten() {
        let set = "segue_refresh=abc; HttpOnly";
        assert_eq!(sent_back(&[set, "segue_refresh=; Max-Age=0"]), None);
        assert_eq!(sent_back(&[set, "segue_refresh=x; max-age=0; HttpOnly"]), None);
        assert_eq!(sent_back(&["other_refresh=abc"]), None);
    }
}
