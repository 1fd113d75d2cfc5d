//! What a store must hold, as a map.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use proptest::{prelude::*, sample::Index};
use s3s::crypto::{Checksum, Md5};

use super::{
    super::{
        record::Etag,
        s3::Protocol,
        store::Store,
        tests::{files, with_bucket},
    },
    Content, If, Listed, Operation, SMALLEST_PART,
    client::{Answer, Client, Row},
};

const NO_ETAG: &str = "00000000000000000000000000000000";

#[derive(Default)]
pub(super) struct Model {
    objects: BTreeMap<String, Object>,
    uploads: Vec<Upload>,
}

struct Object {
    bytes: Vec<u8>,
    etag: String,
    /// How many its bytes lie in.
    files: usize,
}

struct Upload {
    key: String,
    id: String,
    parts: BTreeMap<i32, (Vec<u8>, String)>,
    state: State,
}

enum State {
    Open,
    /// The list of parts, and the answer.
    Completed(Vec<(i32, String)>, String),
    Aborted,
}

fn etag_of(bytes: &[u8]) -> String {
    Etag {
        md5: Md5::checksum(bytes),
        parts: 0,
    }
    .to_string()
}

fn row<K>(key: K, bytes: &[u8], etag: &str) -> Row<K> {
    (key, i64::try_from(bytes.len()).unwrap(), etag.to_owned())
}

async fn open(directory: &Path) -> (Arc<Store>, Client) {
    let store = with_bucket(directory).await;
    (Arc::clone(&store), Client(Protocol(store)))
}

impl Model {
    /// Does all of it to a new store and to a new map. They must answer the same to each, and hold the same in the end,
    /// before and after another restart; and no file may be left that belongs to nothing.
    pub(super) async fn agrees_after(operations: &[Operation]) -> Result<(), TestCaseError> {
        let directory = tempfile::tempdir().unwrap();
        let mut model = Self::default();
        let (mut store, mut client) = open(directory.path()).await;
        for operation in operations.iter().chain([&Operation::Restart]) {
            if matches!(operation, Operation::Restart) {
                model.holds_the_same(&client).await?;
                store.close();
                prop_assert_eq!(files(directory.path()).len(), model.files());
                (store, client) = open(directory.path()).await;
                model.holds_the_same(&client).await?;
            } else {
                model.apply(&client, operation).await?;
            }
        }
        store.close();
        prop_assert_eq!(files(directory.path()).len(), model.files());
        Ok(())
    }

    fn files(&self) -> usize {
        let of_objects: usize = self.objects.values().map(|object| object.files).sum();
        let of_uploads: usize = self.open_uploads().map(|upload| upload.parts.len()).sum();
        of_objects + of_uploads
    }

    fn open_uploads(&self) -> impl Iterator<Item = &Upload> {
        let is_open = |upload: &&Upload| matches!(upload.state, State::Open);
        self.uploads.iter().filter(is_open)
    }

    async fn holds_the_same(&self, client: &Client) -> Result<(), TestCaseError> {
        self.lists(client, "", None, None, 1000).await?;
        self.lists_uploads(client, "", 2).await?;
        for key in self.objects.keys() {
            self.gets(client, key, None).await?;
        }
        for upload in &self.uploads {
            upload.lists(client, 2).await?;
        }
        Ok(())
    }

    async fn apply(&mut self, client: &Client, operation: &Operation) -> Result<(), TestCaseError> {
        match operation {
            Operation::Put(key, content, condition) => self.puts(client, key, *content, *condition).await,
            Operation::Get(key, range) => self.gets(client, key, *range).await,
            Operation::Delete(key, condition) => self.deletes(client, key, *condition).await,
            Operation::DeleteMany(keys) => {
                prop_assert_eq!(client.delete_many(keys).await, Ok(keys.clone()));
                self.objects.retain(|key, _| !keys.contains(key));
                Ok(())
            }
            Operation::List {
                prefix,
                delimiter,
                start_after,
                page,
            } => {
                self.lists(client, prefix, *delimiter, start_after.as_deref(), *page)
                    .await
            }
            Operation::Begin(key) => self.begins(client, key).await,
            Operation::Part(upload, number, content) => match self.find(*upload) {
                Some(upload) => upload.takes(client, *number, *content).await,
                None => Ok(()),
            },
            Operation::Complete(upload, listed) => self.completes(client, *upload, *listed).await,
            Operation::Abort(upload) => match self.find(*upload) {
                Some(upload) => upload.ends(client).await,
                None => Ok(()),
            },
            Operation::ListParts(upload, page) => match self.find(*upload) {
                Some(upload) => upload.lists(client, *page).await,
                None => Ok(()),
            },
            Operation::ListUploads(prefix, page) => self.lists_uploads(client, prefix, *page).await,
            Operation::Upload(key, large, last) => {
                self.begins(client, key).await?;
                let large = large.iter().map(|fill| Content {
                    fill: *fill,
                    length: SMALLEST_PART,
                });
                let newest = self.uploads.len() - 1;
                for (number, content) in (1..).zip(large.chain([*last])) {
                    self.uploads[newest].takes(client, number, content).await?;
                }
                self.completes_at(client, newest, Listed::All).await
            }
            Operation::Restart => Ok(()),
        }
    }

    fn find(&mut self, upload: Index) -> Option<&mut Upload> {
        (!self.uploads.is_empty()).then(|| upload.get_mut(&mut self.uploads))
    }

    /// What a condition names, and what comes of it.
    fn met(&self, key: &str, condition: If) -> (Option<String>, Answer<()>) {
        let there = self.objects.get(key);
        let refused = |code: &str| Err(code.to_owned());
        match (condition, there) {
            (If::Always, _) | (If::Absent, None) => (None, Ok(())),
            (If::Absent, Some(_)) => (None, refused("PreconditionFailed")),
            (If::Unchanged, Some(object)) => (Some(object.etag.clone()), Ok(())),
            (If::Other, Some(_)) => (Some(NO_ETAG.into()), refused("PreconditionFailed")),
            (If::Unchanged | If::Other, None) => (Some(NO_ETAG.into()), refused("NoSuchKey")),
        }
    }

    async fn puts(&mut self, client: &Client, key: &str, content: Content, condition: If) -> Result<(), TestCaseError> {
        let (if_match, met) = self.met(key, condition);
        let (bytes, is_absent) = (content.bytes(), matches!(condition, If::Absent));
        let etag = etag_of(&bytes);
        let put = client.put(key, bytes.clone(), if_match.as_deref(), is_absent).await;
        prop_assert_eq!(put, met.clone().map(|()| etag.clone()));
        if met.is_ok() {
            let object = Object { bytes, etag, files: 1 };
            self.objects.insert(key.to_owned(), object);
        }
        Ok(())
    }

    async fn gets(&self, client: &Client, key: &str, range: Option<(u64, Option<u64>)>) -> Result<(), TestCaseError> {
        let got = client.get(key, range).await;
        let Some(object) = self.objects.get(key) else {
            prop_assert_eq!(got, Err("NoSuchKey".to_owned()));
            prop_assert_eq!(client.head(key).await, Err("NoSuchKey".to_owned()));
            return Ok(());
        };
        let ((), size, etag) = row((), &object.bytes, &object.etag);
        prop_assert_eq!(client.head(key).await, Ok((size, etag)));
        let (first, last) = range.unwrap_or((0, None));
        let first = usize::try_from(first).unwrap();
        let length = object.bytes.len();
        let end = last.map_or(length, |last| length.min(usize::try_from(last).unwrap() + 1));
        if range.is_some() && first >= length {
            prop_assert_eq!(got, Err("InvalidRange".to_owned()));
        } else {
            let (bytes, etag) = got.map_err(TestCaseError::fail)?;
            prop_assert!(bytes == object.bytes[first..end], "other bytes of {key:?}");
            prop_assert_eq!(&etag, &object.etag);
        }
        Ok(())
    }

    async fn deletes(&mut self, client: &Client, key: &str, condition: If) -> Result<(), TestCaseError> {
        // A delete has no way to ask for an absence.
        let condition = if matches!(condition, If::Absent) {
            If::Always
        } else {
            condition
        };
        let (if_match, met) = self.met(key, condition);
        let deleted = client.delete(key, if_match.as_deref()).await;
        if deleted.is_ok() {
            self.objects.remove(key);
        }
        prop_assert_eq!(deleted, met);
        Ok(())
    }

    async fn lists(
        &self,
        client: &Client,
        prefix: &str,
        delimiter: Option<&str>,
        start_after: Option<&str>,
        page: i32,
    ) -> Result<(), TestCaseError> {
        let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
        for (key, object) in &self.objects {
            let Some(rest) = key
                .strip_prefix(prefix)
                .filter(|_| start_after.is_none_or(|after| &**key > after))
            else {
                continue;
            };
            match delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len())) {
                None => objects.push(row(key.clone(), &object.bytes, &object.etag)),
                Some(end) => prefixes.push(key[..prefix.len() + end].to_owned()),
            }
        }
        prefixes.dedup();
        let listed = client.list(prefix, delimiter, start_after, page).await;
        prop_assert_eq!(listed, Ok((objects, prefixes)));
        Ok(())
    }

    async fn begins(&mut self, client: &Client, key: &str) -> Result<(), TestCaseError> {
        let id = client.begin(key).await.map_err(TestCaseError::fail)?;
        prop_assert!(self.uploads.iter().all(|upload| upload.id != id), "{id} again");
        self.uploads.push(Upload {
            key: key.to_owned(),
            id,
            parts: BTreeMap::new(),
            state: State::Open,
        });
        Ok(())
    }

    async fn completes(&mut self, client: &Client, upload: Index, listed: Listed) -> Result<(), TestCaseError> {
        if self.uploads.is_empty() {
            return Ok(());
        }
        let at = upload.index(self.uploads.len());
        self.completes_at(client, at, listed).await
    }

    async fn completes_at(&mut self, client: &Client, at: usize, listed: Listed) -> Result<(), TestCaseError> {
        let upload = &mut self.uploads[at];
        let parts = upload.listed(listed);
        let expected = upload.completion(&parts);
        let completed = client.complete(&upload.key, &upload.id, &parts).await;
        match (completed, expected) {
            (Ok(etag), Ok(bytes)) => {
                let object = Object {
                    bytes,
                    etag: etag.clone(),
                    files: parts.len(),
                };
                prop_assert!(etag.ends_with(&format!("-{}", parts.len())), "{etag}");
                self.objects.insert(upload.key.clone(), object);
                upload.state = State::Completed(parts, etag);
            }
            (completed, Err(answer)) => prop_assert_eq!(completed, answer),
            (Err(code), Ok(_)) => return Err(TestCaseError::fail(code)),
        }
        Ok(())
    }

    async fn lists_uploads(&self, client: &Client, prefix: &str, page: i32) -> Result<(), TestCaseError> {
        let is_wanted = |upload: &&Upload| upload.key.starts_with(prefix);
        let open = self.open_uploads().filter(is_wanted);
        let mut expected: Vec<_> = open.map(|upload| (upload.key.clone(), upload.id.clone())).collect();
        expected.sort();
        prop_assert_eq!(client.list_uploads(prefix, page).await, Ok(expected));
        Ok(())
    }
}

impl Upload {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    async fn takes(&mut self, client: &Client, number: i32, content: Content) -> Result<(), TestCaseError> {
        let bytes = content.bytes();
        let etag = etag_of(&bytes);
        let added = client.part(&self.key, &self.id, number, bytes.clone()).await;
        let expected = if !(1..=10_000).contains(&number) {
            Err("InvalidArgument".to_owned())
        } else if self.is_open() {
            Ok(etag.clone())
        } else {
            Err("NoSuchUpload".to_owned())
        };
        prop_assert_eq!(&added, &expected);
        if expected.is_ok() {
            self.parts.insert(number, (bytes, etag));
        }
        Ok(())
    }

    async fn ends(&mut self, client: &Client) -> Result<(), TestCaseError> {
        let aborted = client.abort(&self.key, &self.id).await;
        if self.is_open() {
            prop_assert_eq!(aborted, Ok(()));
            self.state = State::Aborted;
        } else {
            prop_assert_eq!(aborted, Err("NoSuchUpload".to_owned()));
        }
        Ok(())
    }

    async fn lists(&self, client: &Client, page: i32) -> Result<(), TestCaseError> {
        let listed = client.list_parts(&self.key, &self.id, page).await;
        if self.is_open() {
            let parts = self.parts.iter();
            let parts = parts.map(|(number, (bytes, etag))| row(*number, bytes, etag));
            prop_assert_eq!(listed, Ok(parts.collect()));
        } else {
            prop_assert_eq!(listed, Err("NoSuchUpload".to_owned()));
        }
        Ok(())
    }

    fn listed(&self, listed: Listed) -> Vec<(i32, String)> {
        let parts = self.parts.iter();
        let mut parts: Vec<_> = parts.map(|(number, (_, etag))| (*number, etag.clone())).collect();
        match listed {
            Listed::AllButOne(at) if at < parts.len() => drop(parts.remove(at)),
            Listed::All | Listed::AllButOne(_) => {}
            Listed::Backwards => parts.reverse(),
            Listed::WithAnotherEtag => {
                if let Some((_, etag)) = parts.last_mut() {
                    *etag = NO_ETAG.into();
                }
            }
            Listed::None => parts.clear(),
        }
        parts
    }

    /// The bytes of the object that comes of it, or the answer where nothing changes.
    fn completion(&self, listed: &[(i32, String)]) -> Result<Vec<u8>, Answer<String>> {
        let refused = |code: &str| Err(Err(code.to_owned()));
        match &self.state {
            State::Completed(parts, etag) if parts == listed => return Err(Ok(etag.clone())),
            State::Completed(..) | State::Aborted => return refused("NoSuchUpload"),
            State::Open => {}
        }
        if listed.is_empty() {
            return refused("InvalidRequest");
        }
        if !listed.is_sorted_by(|one, next| one.0 < next.0) {
            return refused("InvalidPartOrder");
        }
        let mut bodies = Vec::new();
        for (number, etag) in listed {
            match self.parts.get(number) {
                Some((bytes, found)) if found == etag => bodies.push(&bytes[..]),
                _ => return refused("InvalidPart"),
            }
        }
        if bodies[..bodies.len() - 1].iter().any(|body| body.len() < SMALLEST_PART) {
            return refused("EntityTooSmall");
        }
        Ok(bodies.concat())
    }
}
