//! Which email addresses an account may have.

use crate::Problem;

/// The longest that can be written to (RFC 5321, 4.5.3.1.3, without the brackets).
const LONGEST: usize = 254;

/// An address without the blanks round it. Whether anybody reads what is sent there is not for us to tell, so only what
/// can be no address is refused.
///
/// # Errors
///
/// 400 `bad_email`.
pub fn check_email(text: &str) -> Result<&str, Problem> {
    let address = text.trim();
    let is_name =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control());
    let is_good = address.chars().count() <= LONGEST
        && address
            .split_once('@')
            .is_some_and(|(user, host)| is_name(user) && is_name(host));
    let bad = || {
        let detail = format!("an email address is like name@example.com, with at most {LONGEST} characters");
        Problem::bad("bad_email", detail)
    };
    is_good.then_some(address).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_an_address_is_taken() {
        for address in ["a@b", "ada.lovelace+segue@example.com", "josé@exämple.com"] {
            assert_eq!(check_email(&format!(" {address}\n")).unwrap(), address);
        }
        assert!(check_email(&format!("{}@b", "a".repeat(252))).is_ok());
    }

    #[test]
    fn what_can_be_none_is_refused() {
        for address in [
            "",
            " ",
            "@",
            "a@",
            "@b",
            "ab",
            "a@b@c",
            "a b@c",
            "a@b c",
            "a\u{0}@b",
            "a@b\u{7f}",
            "a\u{a0}@b",
        ] {
            assert_eq!(check_email(address).unwrap_err().code(), "bad_email", "{address:?}");
        }
        assert!(check_email(&format!("{}@b", "a".repeat(253))).is_err());
    }
}
