//! Users, uploads in each state, and attempts in flight.

use domain::{
    Failure, JobId, SecretHash, SessionId, Timestamp, TreeName, UploadId, UserId,
    protocol::{PackageSpec, RenditionReport},
};
use store::{NewJob, NewSession, NewUpload, NewUser, Registration, Settle, Settled};

use super::{Db, T0, at};

/// What a queued job is to make.
fn spec() -> PackageSpec {
    PackageSpec {
        ladder: "64k,128k".parse().unwrap(),
        max_duration_seconds: 43_200,
    }
}

/// An attempt that a worker has taken up.
#[derive(Debug, Clone)]
pub(crate) struct InFlight {
    pub(crate) job: JobId,
    pub(crate) tree: TreeName,
}

impl Db {
    /// Ids sort by the order in which they are asked for.
    fn random(&self) -> (Timestamp, [u8; 10]) {
        let number = self.next();
        (T0 + std::time::Duration::from_millis(number), [7; 10])
    }

    pub(crate) fn user_id(&self) -> UserId {
        let (now, random) = self.random();
        UserId::new(now, random)
    }

    pub(crate) fn upload_id(&self) -> UploadId {
        let (now, random) = self.random();
        UploadId::new(now, random)
    }

    pub(crate) fn job_id(&self) -> JobId {
        let (now, random) = self.random();
        JobId::new(now, random)
    }

    pub(crate) fn session_id(&self) -> SessionId {
        let (now, random) = self.random();
        SessionId::new(now, random)
    }

    pub(crate) fn new_job(&self) -> NewJob {
        NewJob {
            id: self.job_id(),
            spec: spec(),
            priority: 0,
        }
    }

    pub(crate) fn new_user(&self, email: &str) -> NewUser {
        NewUser {
            id: self.user_id(),
            email: email.into(),
            password_hash: "$argon2id$first".into(),
        }
    }

    pub(crate) async fn user(&self, email: &str) -> UserId {
        let user = self.new_user(email);
        self.store.create_user(T0, user, Registration::Open).await.unwrap().id
    }

    /// A session whose refresh token has 32 times this byte for a hash.
    pub(crate) async fn session(&self, user: UserId, token: u8) -> SessionId {
        let id = self.session_id();
        let session = NewSession {
            id,
            user,
            password_hash: "$argon2id$first".into(),
            refresh: SecretHash::from_bytes([token; 32]),
            expires_at: at(3_600),
        };
        self.store.create_session(T0, session).await.unwrap();
        id
    }

    pub(crate) fn new_upload(&self, user: UserId, filename: &str) -> NewUpload {
        NewUpload {
            id: self.upload_id(),
            user,
            filename: filename.into(),
            source_type: "mp3".parse().unwrap(),
            size: 1_000,
            urls_until: at(60),
        }
    }

    pub(crate) async fn reserved(&self, user: UserId) -> UploadId {
        self.reserved_as(user, "song.mp3").await
    }

    pub(crate) async fn reserved_as(&self, user: UserId, filename: &str) -> UploadId {
        let upload = self.new_upload(user, filename);
        self.store.reserve(T0, upload, 1_000).await.unwrap().id
    }

    pub(crate) async fn settle(&self, upload: UploadId) -> JobId {
        let job = self.new_job();
        let id = job.id;
        let settled = self.store.settle(T0, upload, source(), job).await.unwrap();
        assert_eq!(settled, Settle::Queued);
        id
    }

    pub(crate) async fn queued(&self, user: UserId) -> UploadId {
        let upload = self.reserved(user).await;
        self.settle(upload).await;
        upload
    }

    pub(crate) async fn processing(&self, user: UserId) -> (UploadId, InFlight) {
        let upload = self.queued(user).await;
        let in_flight = self.take_up(upload).await;
        (upload, in_flight)
    }

    pub(crate) async fn ready(&self, user: UserId) -> (UploadId, InFlight) {
        let (upload, in_flight) = self.processing(user).await;
        self.publish(upload, &in_flight, 180.5).await;
        (upload, in_flight)
    }

    pub(crate) async fn failed(&self, user: UserId, when: Timestamp) -> UploadId {
        let upload = self.reserved(user).await;
        let failure = Failure::permanent("not_audio", "this is no audio");
        self.store.fail_transfer(when, upload, &failure).await.unwrap();
        upload
    }

    /// What a claim and a start do to a queued upload.
    pub(crate) async fn take_up(&self, upload: UploadId) -> InFlight {
        let number = self.next();
        let tree: TreeName = format!("{number:016}").parse().unwrap();
        let upload = self.raw.id(upload.as_uuid());
        let job: JobId = self
            .raw
            .text(format!(
                "SELECT lower({}) FROM jobs WHERE upload_id = {upload} AND state = 'queued'",
                self.id_as_text("id")
            ))
            .await
            .parse::<uuid::Uuid>()
            .map(JobId::from_uuid)
            .unwrap();
        let id = self.raw.id(job.as_uuid());
        let hash = self.raw.hash(1);
        let (now, lease, deadline) = (T0.as_millis(), at(60).as_millis(), at(21_600).as_millis());
        for sql in [
            format!("UPDATE jobs SET state = 'running', attempt = 1 WHERE id = {id}"),
            format!("UPDATE uploads SET state = 'processing' WHERE id = {upload}"),
            format!(
                "INSERT INTO attempts (job_id, number, tree, secret_hash, launcher, slot, worker_id, lease_until,
                     deadline_at, launched_at, started_at)
                 VALUES ({id}, 1, '{tree}', {hash}, 'local', {number}, 'worker-1', {lease}, {deadline}, {now}, {now})"
            ),
        ] {
            assert_eq!(self.raw.execute(sql).await, 1);
        }
        InFlight { job, tree }
    }

    /// What a finish does to a processing upload.
    pub(crate) async fn publish(&self, upload: UploadId, in_flight: &InFlight, seconds: f64) {
        let upload = self.raw.id(upload.as_uuid());
        let job = self.raw.id(in_flight.job.as_uuid());
        let (tree, now) = (&in_flight.tree, T0.as_millis());
        let renditions = serde_json::to_string(&renditions()).unwrap();
        let superseded =
            format!("UPDATE attempts SET stale_at = {now} WHERE tree = (SELECT tree FROM uploads WHERE id = {upload})");
        self.raw.execute(superseded).await;
        for sql in [
            format!("UPDATE jobs SET state = 'succeeded', ended_at = {now} WHERE id = {job}"),
            format!("UPDATE attempts SET ended_at = {now}, outcome = 'published' WHERE job_id = {job}"),
            format!(
                "UPDATE uploads SET state = 'ready', tree = '{tree}', renditions = '{renditions}',
                     playback_until = NULL, duration_seconds = {seconds}, codec = 'mp3' WHERE id = {upload}"
            ),
        ] {
            assert_eq!(self.raw.execute(sql).await, 1);
        }
    }

    /// Another length of what is published.
    pub(crate) async fn set_seconds(&self, upload: UploadId, seconds: f64) {
        let upload = self.raw.id(upload.as_uuid());
        let sql = format!("UPDATE uploads SET duration_seconds = {seconds} WHERE id = {upload}");
        assert_eq!(self.raw.execute(sql).await, 1);
    }

    /// What a heartbeat does to an attempt.
    pub(crate) async fn progress(&self, in_flight: &InFlight, when: Timestamp, json: &str) {
        let job = self.raw.id(in_flight.job.as_uuid());
        let when = when.as_millis();
        let sql = format!("UPDATE attempts SET progress = '{json}', heard_at = {when} WHERE job_id = {job}");
        assert_eq!(self.raw.execute(sql).await, 1);
    }

    /// What a grant does to an attempt.
    pub(crate) async fn grant(&self, in_flight: &InFlight, until: Timestamp) {
        let job = self.raw.id(in_flight.job.as_uuid());
        let sql = format!(
            "UPDATE attempts SET urls_until = {} WHERE job_id = {job}",
            until.as_millis()
        );
        assert_eq!(self.raw.execute(sql).await, 1);
    }

    /// How many jobs of an upload are in one of these states, as in `'queued', 'running'`.
    pub(crate) async fn jobs(&self, upload: UploadId, states: &str) -> i64 {
        let upload = self.raw.id(upload.as_uuid());
        let sql = format!("SELECT count(*) FROM jobs WHERE upload_id = {upload} AND state IN ({states})");
        self.raw.number(sql).await
    }

    pub(crate) async fn fair_rank(&self, job: JobId) -> i64 {
        let job = self.raw.id(job.as_uuid());
        self.raw
            .number(format!("SELECT CAST(fair_rank AS bigint) FROM jobs WHERE id = {job}"))
            .await
    }

    /// How an attempt ended; empty while it is in flight.
    pub(crate) async fn outcome(&self, in_flight: &InFlight) -> String {
        let job = self.raw.id(in_flight.job.as_uuid());
        self.raw
            .text(format!(
                "SELECT coalesce(outcome, '') FROM attempts WHERE job_id = {job}"
            ))
            .await
    }

    pub(crate) async fn rows(&self, table: &str) -> i64 {
        self.raw.number(format!("SELECT count(*) FROM {table}")).await
    }

    pub(crate) async fn tamper(&self, sql: &str) -> u64 {
        self.raw.execute(sql.into()).await
    }

    fn id_as_text(&self, column: &str) -> String {
        if self.url.starts_with("postgres") {
            format!("CAST({column} AS text)")
        } else {
            format!("hex({column})")
        }
    }
}

/// A source as long as [`Db::new_upload`] says.
pub(crate) fn source() -> Settled {
    Settled {
        etag: "\"abc\"".into(),
        size: 1_000,
    }
}

pub(crate) fn renditions() -> Vec<RenditionReport> {
    ["64k", "128k"]
        .map(|rung| RenditionReport {
            rung: rung.parse().unwrap(),
            segments: 31,
            bandwidth: 80_000,
            average_bandwidth: 70_000,
        })
        .into()
}
