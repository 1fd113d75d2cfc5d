//! The ids of rows that are filled in without going through the verbs: the same of a number in SQL and here.

use uuid::Uuid;

/// The time at which everything was made.
pub(crate) const NOW: i64 = 1_790_000_000_000;

/// An expression for the id that [`uuid`] makes of a number. `number`: an expression, too.
pub(crate) fn expression(is_sqlite: bool, number: &str) -> String {
    if is_sqlite {
        format!("unhex(printf('%012x70008000%012x', {NOW} + {number}, {number}))")
    } else {
        format!(
            "(lpad(to_hex({NOW}::bigint + {number}), 12, '0') || '70008000' || lpad(to_hex({number}), 12, '0'))::uuid"
        )
    }
}

/// `UUIDv7` as the application makes them: they sort by number.
pub(crate) fn uuid(number: usize) -> Uuid {
    let millis = u128::from(NOW.unsigned_abs()) + number as u128;
    Uuid::from_u128((millis << 80) | (0x7000_8000_u128 << 48) | number as u128)
}
