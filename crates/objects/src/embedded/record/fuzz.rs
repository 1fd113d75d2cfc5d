//! Values of the index: any that there may be, and bytes that are none.

use proptest::prelude::*;

use super::*;

fn etag() -> impl Strategy<Value = Etag> {
    any::<([u8; 16], u16)>().prop_map(|(md5, parts)| Etag { md5, parts })
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn headers() -> impl Strategy<Value = Headers> {
    let text = || prop::option::of(".{0,20}");
    let fixed = (text(), text(), text(), text(), text());
    let metadata = prop::collection::vec((".{0,20}", ".{0,20}"), 0..4);
    (fixed, metadata).prop_map(|(fixed, metadata)| Headers {
        content_type: fixed.0,
        cache_control: fixed.1,
        content_disposition: fixed.2,
        content_encoding: fixed.3,
        content_language: fixed.4,
        metadata,
    })
}

fn object() -> impl Strategy<Value = ObjectRecord> {
    let payload = any::<(bool, u64)>().prop_map(|(is_file, number)| {
        if is_file {
            Payload::File(number)
        } else {
            Payload::Pieces(number)
        }
    });
    (payload, any::<u64>(), etag(), time(), headers()).prop_map(|(payload, size, etag, modified, headers)| {
        ObjectRecord {
            payload,
            size,
            etag,
            modified,
            headers,
        }
    })
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = any::<(u64, u64)>().prop_map(|(file, size)| Piece { file, size });
    prop::collection::vec(piece, 0..8)
}

fn upload() -> impl Strategy<Value = UploadRecord> {
    (time(), headers()).prop_map(|(started, headers)| UploadRecord { started, headers })
}

fn part() -> impl Strategy<Value = PartRecord> {
    (any::<(u64, u64, [u8; 16])>(), time()).prop_map(|((file, size, md5), modified)| PartRecord {
        file,
        size,
        md5,
        modified,
    })
}

fn completed() -> impl Strategy<Value = CompletedRecord> {
    (".{0,60}", ".{0,60}", etag(), any::<[u8; 16]>(), time()).prop_map(|(bucket, key, etag, asked, at)| {
        CompletedRecord {
            bucket,
            key,
            etag,
            asked,
            at,
        }
    })
}

fn survives<R: Record + PartialEq + fmt::Debug>(record: &R, damage: (usize, u8)) -> Result<(), TestCaseError> {
    let mut bytes = record.to_bytes();
    let read = R::from_bytes(&bytes).ok();
    prop_assert_eq!(read.as_ref(), Some(record));
    let (at, byte) = (damage.0 % bytes.len(), damage.1);
    bytes[at] = byte;
    is_read_or_refused::<R>(&bytes)?;
    is_read_or_refused::<R>(&bytes[..at])
}

/// What reads as a value is that value still when it is written again.
fn is_read_or_refused<R: Record + PartialEq + fmt::Debug>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(record) = R::from_bytes(bytes) {
        prop_assert_eq!(R::from_bytes(&record.to_bytes()).ok(), Some(record));
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_value_is_read_as_it_was_written(
        (object, pieces, upload, part, completed) in (object(), pieces(), upload(), part(), completed()),
        damage in any::<(usize, u8)>(),
    ) {
        survives(&object, damage)?;
        survives(&pieces, damage)?;
        survives(&upload, damage)?;
        survives(&part, damage)?;
        survives(&completed, damage)?;
    }

    #[test]
    fn arbitrary_bytes_are_no_value_or_one(mut bytes in prop::collection::vec(any::<u8>(), 1..200)) {
        bytes[0] = VERSION;
        is_read_or_refused::<ObjectRecord>(&bytes)?;
        is_read_or_refused::<Vec<Piece>>(&bytes)?;
        is_read_or_refused::<UploadRecord>(&bytes)?;
        is_read_or_refused::<PartRecord>(&bytes)?;
        is_read_or_refused::<CompletedRecord>(&bytes)?;
    }
}
