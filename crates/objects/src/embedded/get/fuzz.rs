//! Ranges that are asked for.

use proptest::prelude::*;

use super::*;
use crate::hostile::damaged;

fn range() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        damaged("bytes=0-99"),
        damaged("bytes=5-"),
        damaged("bytes=-500"),
        damaged("bytes=0-0,2-3"),
    ]
}

fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..100_u64, any::<u64>(), Just(u64::MAX)]
}

proptest! {
    #[test]
    fn what_is_sent_of_a_range_is_there(bytes in range(), size in sizes()) {
        let Ok(asked) = AskedRange::parse(&String::from_utf8_lossy(&bytes)) else {
            return Ok(());
        };
        match satisfy(asked, size) {
            Ok(range) => {
                prop_assert!(range.start < range.end && range.end <= size, "{range:?} of {size}");
                prop_assert!(content_range(&range, size).starts_with("bytes "));
                match asked {
                    AskedRange::Int { first, last } => {
                        prop_assert_eq!(range.start, first);
                        prop_assert!(last.is_none_or(|last| range.end - 1 <= last));
                    }
                    AskedRange::Suffix { length } => {
                        prop_assert_eq!(range.end, size);
                        prop_assert!(range.end - range.start <= length);
                    }
                }
            }
            Err(error) => {
                prop_assert_eq!(error.code(), &S3ErrorCode::InvalidRange);
                let headers = error.headers().unwrap();
                prop_assert_eq!(headers[header::CONTENT_RANGE].to_str().unwrap(), format!("bytes */{size}"));
            }
        }
    }
}
