//! The source of an upload, as it lies in the bucket or is on its way there.

use domain::ObjectKey;
use objects::ObjectError;
use store::Upload;

use crate::{Settings, State};

/// Where it lies, or will lie.
pub(crate) fn key(settings: &Settings, upload: &Upload) -> String {
    settings.prefix.key(&ObjectKey::Source {
        user: upload.user,
        upload: upload.id,
        source_type: upload.source_type,
    })
}

/// Drops the parts of a transfer that is over without a source. What cannot be dropped now goes with the row, which
/// remembers the multipart upload.
pub(crate) async fn drop_parts(app: &State, upload: &Upload) {
    let Some(multipart) = &upload.multipart else {
        return;
    };
    let key = key(&app.settings, upload);
    match app.bucket.abort_multipart(&key, &multipart.id).await {
        Ok(()) | Err(ObjectError::NoSuchUpload | ObjectError::NotFound) => {}
        Err(error) => tracing::warn!(upload = %upload.id, %error, "the parts of a transfer were not dropped yet"),
    }
}
