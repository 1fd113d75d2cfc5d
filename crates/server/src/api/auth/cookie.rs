//! The cookie that carries the refresh token. Scripts cannot read it, other sites cannot have it sent, and it goes to
//! `/auth` alone.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponseParts, ResponseParts},
};
use domain::Secret;

use super::session_view::LIFETIME;
use crate::{Problem, Settings, state::App};

const ATTRIBUTES: &str = "HttpOnly; SameSite=Strict; Path=/api/v1/auth";

/// The refresh token that came with a request, if one did.
pub(crate) struct Cookie(pub(crate) Option<Secret>);

impl FromRequestParts<App> for Cookie {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(find(&parts.headers, name(&app.settings)).map(Secret::new)))
    }
}

/// What an answer sets the cookie to.
pub(crate) struct SetCookie(HeaderValue);

impl IntoResponseParts for SetCookie {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut answer: ResponseParts) -> Result<ResponseParts, Self::Error> {
        answer.headers_mut().append(header::SET_COOKIE, self.0);
        Ok(answer)
    }
}

/// With a new token.
pub(super) fn carrying(settings: &Settings, token: &Secret) -> Result<SetCookie, Problem> {
    let value = line(settings, token.reveal(), LIFETIME.as_secs());
    let mut value = HeaderValue::from_str(&value).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok(SetCookie(value))
}

/// Taken away.
pub(crate) fn cleared(settings: &Settings) -> Result<SetCookie, Problem> {
    let value = HeaderValue::from_str(&line(settings, "", 0)).map_err(Problem::internal)?;
    Ok(SetCookie(value))
}

fn line(settings: &Settings, token: &str, seconds: u64) -> String {
    let secure = if settings.is_https() { "; Secure" } else { "" };
    format!("{}={token}; {ATTRIBUTES}; Max-Age={seconds}{secure}", name(settings))
}

/// Browsers take a name with this prefix over https alone, so nobody on the way can plant one.
fn name(settings: &Settings) -> &'static str {
    if settings.is_https() {
        "__Secure-segue_refresh"
    } else {
        "segue_refresh"
    }
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        let lines = [
            "theme=dark; old_segue_refresh=no",
            "a; segue_refresh=yes;segue_refresh=later",
        ];
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        assert_eq!(find(&headers, "segue_refresh"), Some("yes"));
        assert_eq!(find(&headers, "__Secure-segue_refresh"), None);
    }
}
