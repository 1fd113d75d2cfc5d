//! The operations that the protocol has, each handed to its file.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use s3s::{
    S3, S3Error, S3Request, S3Response, S3Result,
    dto::{
        self, AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
        CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
        DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, GetBucketLocationInput, GetBucketLocationOutput,
        GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
        ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsV2Input,
        ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartInput,
        UploadPartOutput,
    },
    s3_error,
};

use super::{
    change::{self, Condition, Tables},
    error::StoreError,
    get, listing, multipart, put,
    record::Etag,
    store::Store,
};

/// S3's limit for one request.
const MOST_DELETIONS: usize = 1000;

/// The protocol over a store.
pub(super) struct Protocol(pub(super) Arc<Store>);

pub(super) fn etag(etag: Etag) -> ETag {
    ETag::Strong(etag.to_string())
}

pub(super) fn time(time: domain::Timestamp) -> dto::Timestamp {
    let millis = u64::try_from(time.as_millis()).unwrap_or(0);
    dto::Timestamp::from(UNIX_EPOCH + Duration::from_millis(millis))
}

#[async_trait::async_trait]
impl S3 for Protocol {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        put::put_object(&self.0, request).await
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        get::get_object(&self.0, request).await
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        get::head_object(&self.0, request).await
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        let condition = Condition {
            if_match: input.if_match,
            if_none_match: None,
        };
        let change =
            move |tables: &mut Tables<'_>| change::delete_object(tables, &input.bucket, &input.key, &condition);
        self.0.committer.commit(None, change).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        if delete.objects.is_empty() || delete.objects.len() > MOST_DELETIONS {
            return Err(s3_error!(MalformedXML, "1 to 1,000 objects are deleted in one request"));
        }
        let is_quiet = delete.quiet.unwrap_or(false);
        let change = move |tables: &mut Tables<'_>| {
            let mut output = DeleteObjectsOutput::default();
            for object in delete.objects {
                let condition = Condition {
                    if_match: object.e_tag.map(dto::ETagCondition::ETag),
                    if_none_match: None,
                };
                match change::delete_object(tables, &bucket, &object.key, &condition) {
                    Ok(()) if is_quiet => {}
                    Ok(()) => output.deleted.get_or_insert_default().push(DeletedObject {
                        key: Some(object.key),
                        ..DeletedObject::default()
                    }),
                    Err(refused @ (StoreError::PreconditionFailed | StoreError::NoSuchKey)) => {
                        let error = S3Error::from(refused);
                        output.errors.get_or_insert_default().push(dto::Error {
                            code: Some(error.code().as_str().to_owned()),
                            key: Some(object.key),
                            message: error.message().map(str::to_owned),
                            ..dto::Error::default()
                        });
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(output)
        };
        Ok(S3Response::new(self.0.committer.commit(None, change).await?))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        listing::list_objects_v2(&self.0, request.input).await
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        multipart::create(&self.0, request.input).await
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        multipart::upload_part(&self.0, request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        multipart::complete(&self.0, request.input).await
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        multipart::abort(&self.0, request.input).await
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        multipart::list_parts(&self.0, request.input).await
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        multipart::list_uploads(&self.0, request.input).await
    }

    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = request.input.bucket;
        let location = format!("/{bucket}");
        let change = move |tables: &mut Tables<'_>| change::create_bucket(tables, &bucket);
        self.0.committer.commit(None, change).await?;
        Ok(S3Response::new(CreateBucketOutput {
            location: Some(location),
        }))
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
        let bucket = request.input.bucket;
        let change = move |tables: &mut Tables<'_>| change::delete_bucket(tables, &bucket);
        self.0.committer.commit(None, change).await?;
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        let bucket = request.input.bucket;
        self.0.read(move |snapshot| snapshot.require_bucket(&bucket)).await?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let bucket = request.input.bucket;
        self.0.read(move |snapshot| snapshot.require_bucket(&bucket)).await?;
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self
            .0
            .read(|snapshot| {
                let mut buckets = Vec::new();
                for entry in snapshot.buckets()?.range::<&str>(..)? {
                    let (name, made) = entry?;
                    buckets.push(Bucket {
                        name: Some(name.value().to_owned()),
                        creation_date: Some(time(domain::Timestamp::from_millis(made.value()))),
                        ..Bucket::default()
                    });
                }
                Ok(buckets)
            })
            .await?;
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets),
            ..ListBucketsOutput::default()
        }))
    }
}
