//! A defect that one request comes upon ends that request, and nobody else's.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::Problem;

/// What a handler said when it panicked, which is for the log.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

/// 500 `internal`. Without an answer the connection would break, which looks like a network that failed: callers would
/// repeat their request, and come upon the same defect.
pub(crate) fn answer_to_panic(panic: Box<dyn Any + Send>) -> Response {
    Problem::internal(Panicked(words(panic))).into_response()
}

/// What `panic!` was given: a text as it stands in the code, or one that was put together.
fn words(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(words) => *words,
        Err(panic) => panic
            .downcast::<&str>()
            .map_or_else(|_| "without a word".to_owned(), |words| (*words).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_panic_are_found() {
        let panics: [(Box<dyn Any + Send>, &str); 3] = [
            (Box::new("as it stands"), "as it stands"),
            (Box::new("put together".to_owned()), "put together"),
            (Box::new(7), "without a word"),
        ];
        for (panic, expected) in panics {
            assert_eq!(words(panic), expected);
        }
    }
}
