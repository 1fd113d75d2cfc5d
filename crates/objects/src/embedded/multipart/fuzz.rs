//! Ids of uploads that clients send back or make up.

use proptest::prelude::*;

use super::*;
use crate::hostile::damaged;

proptest! {
    #[test]
    fn an_id_names_one_upload_in_one_spelling(upload in any::<u64>(), bytes in damaged("00000001000000ff")) {
        prop_assert_eq!(from_id(&to_id(upload)).ok(), Some(upload));
        let id = String::from_utf8_lossy(&bytes);
        if let Ok(upload) = from_id(&id) {
            prop_assert_eq!(to_id(upload), id);
        }
    }
}
