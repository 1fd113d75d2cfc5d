//! Uploads in parts.

use objects::{ObjectError, Part};
use tokio::task::JoinSet;

use crate::support::{
    http::with_body,
    place::{Place, noise, signing},
};

const MIB: usize = 1024 * 1024;

/// A multipart upload under way.
struct Upload<'a> {
    place: &'a Place,
    key: String,
    id: String,
}

impl<'a> Upload<'a> {
    async fn begin(place: &'a Place, name: &str) -> Self {
        let key = place.key(name);
        let id = place
            .bucket
            .create_multipart(&key, "audio/flac")
            .await
            .expect("an upload");
        Self { place, key, id }
    }

    /// Sends a part as a browser would, and says its `ETag`.
    async fn send(&self, number: u16, content: &[u8]) -> (u16, String) {
        let length = content.len() as u64;
        let presigned = self
            .place
            .bucket
            .presign_part(&self.key, &self.id, number, length, signing());
        let presigned = presigned.await.expect("a URL");
        (number, with_body(&presigned, content).send().await.etag())
    }

    async fn complete(&self, parts: &[(u16, String)]) -> Result<String, ObjectError> {
        self.place.bucket.complete_multipart(&self.key, &self.id, parts).await
    }

    async fn parts(&self) -> Result<Vec<Part>, ObjectError> {
        self.place.bucket.list_parts(&self.key, &self.id).await
    }

    /// Asserts that the bucket holds parts of these sizes, where that can be asked.
    async fn holds(&self, sent: &[(u16, String)], sizes: &[usize]) {
        let listed = self.parts().await;
        if self.place.can.lists_parts {
            let of = |((number, etag), size): (&(u16, String), &usize)| Part {
                number: *number,
                etag: etag.clone(),
                size: *size as u64,
            };
            assert_eq!(listed, Ok(sent.iter().zip(sizes).map(of).collect()));
        } else {
            assert!(matches!(listed, Err(ObjectError::Other { .. })), "{listed:?}");
        }
    }

    async fn is_unfinished(&self) -> bool {
        let page = self.place.bucket.list_multipart(&self.key, None).await.expect("a page");
        page.uploads.iter().any(|upload| upload.upload_id == self.id)
    }
}

pub(crate) async fn three_parts_make_an_object(place: &Place) {
    let content = noise(1, 10 * MIB + 12_345);
    let upload = Upload::begin(place, "source.flac").await;
    let mut sent = Vec::new();
    for (part, number) in content.chunks(5 * MIB).zip(1..) {
        sent.push(upload.send(number, part).await);
    }
    upload.holds(&sent, &[5 * MIB, 5 * MIB, 12_345]).await;
    assert!(upload.is_unfinished().await);
    assert_eq!(
        place.bucket.head(&upload.key).await,
        Ok(None),
        "half an object is visible"
    );

    let etag = upload.complete(&sent).await.unwrap();
    let head = place.bucket.head(&upload.key).await.unwrap().unwrap();
    assert_eq!((head.size, head.etag), (content.len() as u64, etag));
    assert_eq!(head.content_type.as_deref(), Some("audio/flac"));
    assert!(place.content(&upload.key).await == content, "the parts were mixed up");
    assert!(!upload.is_unfinished().await);
}

pub(crate) async fn completing_twice_does_no_harm(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let sent = [upload.send(1, b"only").await];
    let etag = upload.complete(&sent).await.unwrap();
    match upload.complete(&sent).await {
        Ok(again) => assert_eq!(again, etag),
        Err(error) => assert_eq!(error, ObjectError::NoSuchUpload),
    }
    assert_eq!(place.content(&upload.key).await, "only");
    assert_eq!(place.bucket.head(&upload.key).await.unwrap().unwrap().etag, etag);
}

pub(crate) async fn a_part_with_another_etag_is_refused(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let sent = upload.send(1, b"content").await;
    for etag in ["\"00000000000000000000000000000000\"", "\"\"", "nonsense"] {
        assert_eq!(
            upload.complete(&[(1, etag.into())]).await,
            Err(ObjectError::InvalidPart),
            "{etag}"
        );
    }
    assert_eq!(place.bucket.head(&upload.key).await, Ok(None));
    // Nothing is lost by it.
    upload.complete(&[sent]).await.unwrap();
    assert_eq!(place.content(&upload.key).await, "content");
}

pub(crate) async fn parts_out_of_order_are_refused(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let (first, last) = (noise(1, 5 * MIB), noise(2, 5 * MIB));
    let sent = [upload.send(1, &first).await, upload.send(2, &last).await];
    let reversed = [sent[1].clone(), sent[0].clone()];
    let twice = [sent[0].clone(), sent[0].clone(), sent[1].clone()];
    if place.can.refuses_disorder {
        assert_eq!(upload.complete(&reversed).await, Err(ObjectError::InvalidPart));
        assert_eq!(upload.complete(&twice).await, Err(ObjectError::InvalidPart));
        assert_eq!(place.bucket.head(&upload.key).await, Ok(None));
        upload.complete(&sent).await.unwrap();
        assert!(place.content(&upload.key).await == [first, last].concat());
    } else {
        upload.complete(&reversed).await.unwrap();
        assert!(place.content(&upload.key).await == [last, first].concat());
    }
}

pub(crate) async fn a_missing_part_is_refused(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let sent = upload.send(1, &noise(1, 5 * MIB)).await;
    let invented = (2, sent.1.clone());
    assert_eq!(
        upload.complete(&[sent.clone(), invented.clone()]).await,
        Err(ObjectError::InvalidPart)
    );
    assert_eq!(upload.complete(&[invented]).await, Err(ObjectError::InvalidPart));
    assert_eq!(place.bucket.head(&upload.key).await, Ok(None));
    assert!(matches!(upload.complete(&[]).await, Err(ObjectError::Misuse(_))));
    upload.complete(&[sent]).await.unwrap();
}

pub(crate) async fn small_parts_are_refused(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let sent = [upload.send(1, b"small").await, upload.send(2, b"last").await];
    let completed = upload.complete(&sent).await;
    if place.can.refuses_small_parts {
        assert_eq!(completed, Err(ObjectError::EntityTooSmall));
        assert_eq!(place.bucket.head(&upload.key).await, Ok(None));
        upload.complete(&sent[..1]).await.unwrap();
        assert_eq!(place.content(&upload.key).await, "small");
    } else {
        completed.unwrap();
        assert_eq!(place.content(&upload.key).await, "smalllast");
    }
}

pub(crate) async fn a_part_sent_again_replaces_the_first(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let first = upload.send(1, b"first").await;
    let second = upload.send(1, b"second").await;
    upload.holds(std::slice::from_ref(&second), &[6]).await;
    assert_eq!(upload.complete(&[first]).await, Err(ObjectError::InvalidPart));
    upload.complete(&[second]).await.unwrap();
    assert_eq!(place.content(&upload.key).await, "second");
}

pub(crate) async fn the_length_of_a_part_is_signed(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let presigned = place
        .bucket
        .presign_part(&upload.key, &upload.id, 1, 5, signing())
        .await
        .unwrap();
    for body in ["hello!", "hell"] {
        let status = with_body(&presigned, body).send().await.status;
        assert_eq!(status, if place.can.checks_signatures { 403 } else { 200 }, "{body}");
    }
    let sent = (1, with_body(&presigned, "hello").send().await.etag());
    upload.holds(std::slice::from_ref(&sent), &[5]).await;
    upload.complete(&[sent]).await.unwrap();
    assert_eq!(place.content(&upload.key).await, "hello");
}

pub(crate) async fn an_aborted_upload_is_gone(place: &Place) {
    let upload = Upload::begin(place, "a").await;
    let presigned = place
        .bucket
        .presign_part(&upload.key, &upload.id, 1, 5, signing())
        .await
        .unwrap();
    let sent = (1, with_body(&presigned, "hello").send().await.etag());
    place.bucket.abort_multipart(&upload.key, &upload.id).await.unwrap();

    assert!(!upload.is_unfinished().await);
    let completed = upload.complete(&[sent]).await.unwrap_err();
    // A URL that is still good brings nothing back.
    let sent_again = with_body(&presigned, "hello").send().await.status;
    if place.can.knows_what_is_gone {
        assert_eq!((completed, sent_again), (ObjectError::NoSuchUpload, 404));
    } else {
        assert!(completed.is_transient(), "{completed}");
        assert_eq!(sent_again, 500);
    }
    assert_eq!(upload.parts().await, Err(ObjectError::NoSuchUpload));
    let again = place.bucket.abort_multipart(&upload.key, &upload.id).await;
    assert_eq!(again, Err(ObjectError::NoSuchUpload));
    assert_eq!(place.bucket.head(&upload.key).await, Ok(None));
}

pub(crate) async fn unfinished_uploads_are_listed_by_prefix(place: &Place) {
    let first = Upload::begin(place, "a/1").await;
    let same_key = Upload::begin(place, "a/1").await;
    let second = Upload::begin(place, "a/2").await;
    let neighbour = Upload::begin(place, "ab").await;
    let done = Upload::begin(place, "a/done").await;
    let sent = done.send(1, b"x").await;
    done.complete(&[sent]).await.unwrap();

    let page = place.bucket.list_multipart(&place.key("a/"), None).await.unwrap();
    assert_eq!(page.next, None);
    let mut listed: Vec<_> = page
        .uploads
        .into_iter()
        .map(|upload| (upload.key, upload.upload_id))
        .collect();
    listed.sort();
    let mut begun = [&first, &same_key, &second].map(|upload| (upload.key.clone(), upload.id.clone()));
    begun.sort();
    assert_eq!(listed, begun);
    assert!(neighbour.is_unfinished().await);
}

pub(crate) async fn unfinished_uploads_come_in_pages(place: &Place) {
    let mut keys: Vec<_> = (0..1_010).map(|number| place.key(&format!("{number:05}"))).collect();
    let mut under_way = JoinSet::new();
    for key in keys.clone() {
        if under_way.len() == 8 {
            under_way.join_next().await.unwrap().unwrap();
        }
        let bucket = place.bucket.clone();
        under_way.spawn(async move { bucket.create_multipart(&key, "audio/flac").await.map(drop).unwrap() });
    }
    under_way.join_all().await;

    let (mut seen, mut pages, mut from) = (Vec::new(), 0, None);
    loop {
        let page = place.bucket.list_multipart(&place.key(""), from).await.unwrap();
        seen.extend(page.uploads.into_iter().map(|upload| upload.key));
        pages += 1;
        match page.next {
            next @ Some(_) => from = next,
            None => break,
        }
    }
    seen.sort();
    keys.sort();
    assert_eq!(seen, keys);
    assert!(pages > 1 || !place.can.pages_unfinished_uploads, "all in one page");
}
