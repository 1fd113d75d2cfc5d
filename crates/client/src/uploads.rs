//! Uploads: the library, the transfer of files, playback.

use domain::UploadId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    call::{Call, Repeat},
    client::Client,
    error::ClientError,
    list::List,
    shapes::{Names, Page, Parts, Playback, Reservation, Upload},
};

impl Client {
    /// Reserves an upload for a file of this name and size in bytes.
    pub async fn reserve(&self, filename: &str, size: u64) -> Result<Reservation, ClientError> {
        // Made twice, one of the two would be left over.
        let call = self.call(Method::POST, "uploads", Repeat::IfUndone);
        self.ask(call.with_body(json!({ "filename": filename, "size": size })))
            .await
    }

    /// URLs for these parts, at most 100, and what the bucket has already. For a transfer that is single, no numbers.
    pub async fn parts(&self, id: UploadId, numbers: &[u32]) -> Result<Parts, ClientError> {
        let call = self.of(id, Method::POST, "/parts", Repeat::Always);
        self.ask(call.with_body(json!({ "numbers": numbers }))).await
    }

    /// Says that the file is sent. Again: the same.
    pub async fn complete(&self, id: UploadId) -> Result<Upload, ClientError> {
        self.ask(self.of(id, Method::POST, "/complete", Repeat::Always)).await
    }

    /// One upload.
    pub async fn upload(&self, id: UploadId) -> Result<Upload, ClientError> {
        self.ask(self.of(id, Method::GET, "", Repeat::Always)).await
    }

    /// A page of the library.
    pub async fn list(&self, list: &List) -> Result<Page, ClientError> {
        let mut url = self.url("uploads");
        list.put_into(&mut url);
        self.ask(Call::new(Method::GET, url, Repeat::Always)).await
    }

    /// Changes title, artist or album.
    pub async fn rename(&self, id: UploadId, names: &Names) -> Result<Upload, ClientError> {
        let call = self.of(id, Method::PATCH, "", Repeat::Always);
        self.ask(call.with_body(json!(names))).await
    }

    /// Hides an upload. Returns when it is gone, until when [`Client::restore`] brings it back.
    pub async fn delete(&self, id: UploadId) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        struct Deleted {
            delete_at: String,
        }
        let deleted: Deleted = self.ask(self.of(id, Method::DELETE, "", Repeat::IfUndone)).await?;
        Ok(deleted.delete_at)
    }

    /// Takes a delete back.
    pub async fn restore(&self, id: UploadId) -> Result<Upload, ClientError> {
        self.ask(self.of(id, Method::POST, "/restore", Repeat::Always)).await
    }

    /// Packages it again.
    pub async fn retry(&self, id: UploadId) -> Result<Upload, ClientError> {
        self.ask(self.of(id, Method::POST, "/retry", Repeat::IfUndone)).await
    }

    /// Calls the transfer or the packaging off.
    pub async fn cancel(&self, id: UploadId) -> Result<Upload, ClientError> {
        self.ask(self.of(id, Method::POST, "/cancel", Repeat::IfUndone)).await
    }

    /// A URL to play it by, whole even where the server names only a path.
    pub async fn playback(&self, id: UploadId) -> Result<Playback, ClientError> {
        let call = self.of(id, Method::POST, "/playback", Repeat::Always);
        let playback: Playback = self.ask(call).await?;
        Ok(Playback {
            url: self.absolute(&playback.url)?,
            ..playback
        })
    }

    fn of(&self, id: UploadId, method: Method, rest: &str, repeat: Repeat) -> Call {
        self.call(method, &format!("uploads/{id}{rest}"), repeat)
    }
}
