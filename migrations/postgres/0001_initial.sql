-- Times are milliseconds since 1970 (bigint), so that both databases hold and compare the same figures. No now() here:
-- the clock is the application's. Ids are UUIDv7, made by the application.

-- Domains, not CHECKs of the tables: PostgreSQL reads a table's CHECKs anew for each statement that writes to it, and a list
-- of names is what takes longest; a domain's it keeps.
CREATE DOMAIN upload_state AS text
    CHECK (VALUE IN ('uploading', 'queued', 'processing', 'ready', 'failed', 'deleting'));
CREATE DOMAIN job_state AS text
    CHECK (VALUE IN ('queued', 'launching', 'running', 'succeeded', 'failed', 'cancelled'));
CREATE DOMAIN attempt_outcome AS text
    CHECK (VALUE IN ('published', 'failed', 'handed_back', 'lost', 'refused', 'cancelled'));

-- One row: whose bucket prefix this is. `{prefix}/.segue` holds the same id.
CREATE TABLE deployment (
    only_row smallint PRIMARY KEY CHECK (only_row = 1),
    id uuid NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    -- The address folded, so that no two accounts differ in case only.
    email_key text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint,
    -- Set when the user deletes the account: the address is forgotten at once, so that it can be used anew; the uploads
    -- go, and then this row.
    delete_at bigint
);

-- What the cleaner looks for.
CREATE INDEX users_to_delete ON users (delete_at) WHERE delete_at IS NOT NULL;

-- One row for each login. Access tokens name it, so ending it takes effect on the next request.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    refresh_hash bytea NOT NULL UNIQUE CHECK (length(refresh_hash) = 32),
    -- The immediate predecessor, accepted for 30 s after `rotated_at`.
    previous_hash bytea CHECK (length(previous_hash) = 32),
    rotated_at bigint,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint,
    CHECK ((previous_hash IS NULL) = (rotated_at IS NULL))
);
CREATE UNIQUE INDEX sessions_by_predecessor ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- Every refresh token older than the predecessor: showing one again revokes its session.
CREATE TABLE spent_tokens (
    refresh_hash bytea PRIMARY KEY CHECK (length(refresh_hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE
);
CREATE INDEX spent_tokens_of_session ON spent_tokens (session_id);

CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    state upload_state NOT NULL,
    filename text NOT NULL CHECK (length(filename) BETWEEN 1 AND 255),
    source_type text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    -- The bucket's name of the multipart upload, if it is one, and the length of all its parts but the last.
    multipart_id text,
    part_size bigint CHECK (part_size > 0),
    -- The last PUT URL given out for the source works until then.
    source_urls_until bigint NOT NULL,
    -- What the bucket said when the source was complete; the worker's GET is bound to it.
    etag text,

    -- What the probe found.
    title text,
    artist text,
    album text,
    codec text,
    duration_seconds double precision CHECK (duration_seconds > 0),
    -- Title, artist, album and filename, folded by the application.
    search_key text NOT NULL,
    -- The title, or the filename where there is none, folded by the application: what the library sorts by.
    -- Differs from the other database because the order of texts depends on the server's language here, unless told.
    title_key text COLLATE "C" NOT NULL,

    -- The published tree. It can be played if and only if this is set, whatever the state.
    tree text,
    -- JSON: its renditions with their measured bandwidths.
    renditions text,
    -- The longest playback URL given out for this tree works until then.
    playback_until bigint,

    error_code text,
    error_message text,
    error_retryable boolean,
    failed_at bigint,

    -- Set by a delete: hidden at once, can be restored until then.
    delete_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,

    CHECK ((multipart_id IS NULL) = (part_size IS NULL)),
    CHECK ((state = 'failed') = (failed_at IS NOT NULL)),
    CHECK ((failed_at IS NULL) = (error_code IS NULL)),
    CHECK ((error_code IS NULL) = (error_message IS NULL)),
    CHECK ((error_code IS NULL) = (error_retryable IS NULL)),
    CHECK (state <> 'uploading' OR etag IS NULL),
    CHECK (state NOT IN ('queued', 'processing', 'ready') OR etag IS NOT NULL),
    CHECK (state <> 'ready' OR tree IS NOT NULL),
    CHECK (state <> 'deleting' OR delete_at IS NOT NULL),
    -- It is playable if and only if a tree is named, and what is on its way out is not.
    CHECK (state <> 'deleting' OR tree IS NULL),
    CHECK ((tree IS NULL) = (renditions IS NULL)),
    CHECK (tree IS NULL OR duration_seconds IS NOT NULL),
    CHECK (playback_until IS NULL OR tree IS NOT NULL)
);
-- The library, newest first: ids sort by when they were made. With the texts that are searched, or a search would read
-- every row of its user.
CREATE INDEX uploads_of_user ON uploads (user_id, id) INCLUDE (delete_at, search_key);
-- What changed, for the events.
CREATE INDEX uploads_by_change ON uploads (updated_at);
-- What the sweeper and the rescuer look for.
CREATE INDEX uploads_uploading ON uploads (source_urls_until) WHERE state = 'uploading';
-- Counted when another is reserved.
CREATE INDEX uploads_uploading_of_user ON uploads (user_id) WHERE state = 'uploading';
-- What the cleaner looks for.
CREATE INDEX uploads_failed ON uploads (failed_at) WHERE state = 'failed';
CREATE INDEX uploads_to_delete ON uploads (delete_at) WHERE delete_at IS NOT NULL AND state <> 'deleting';
CREATE INDEX uploads_deleting ON uploads (id) WHERE state = 'deleting';

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    upload_id uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
    -- The upload's. Not a reference, since removing a user would then read every job.
    user_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind = 'package'),
    -- JSON: domain::protocol::PackageSpec.
    spec text NOT NULL,
    state job_state NOT NULL,
    -- Smaller goes first.
    priority smallint NOT NULL,
    -- The user's unfinished jobs when this one was enqueued.
    fair_rank integer NOT NULL CHECK (fair_rank >= 0),
    -- Not before then.
    run_at bigint NOT NULL,
    -- Lost leases and transient errors of work that had started. The budget is 5.
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    -- The number of the newest attempt.
    attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    error_code text,
    error_message text,
    error_retryable boolean,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    ended_at bigint,
    CHECK ((ended_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
    CHECK (state <> 'failed' OR error_code IS NOT NULL),
    CHECK (state NOT IN ('launching', 'running', 'succeeded') OR attempt > 0),
    CHECK ((error_code IS NULL) = (error_message IS NULL)),
    CHECK ((error_code IS NULL) = (error_retryable IS NULL))
);
-- The claim: one scan, in order. The times are there for those who ask about all that waits: when the next is due, which
-- have waited too long, how old the oldest is. An index for each question would cost every claim more than it saves.
CREATE INDEX jobs_queued ON jobs (priority, fair_rank, id) INCLUDE (run_at, created_at) WHERE state = 'queued';
-- At most one unfinished package job for each upload.
CREATE UNIQUE INDEX jobs_unfinished ON jobs (upload_id)
    WHERE kind = 'package' AND state IN ('queued', 'launching', 'running');
CREATE INDEX jobs_of_upload ON jobs (upload_id);
-- Counted for the fair rank.
CREATE INDEX jobs_unfinished_of_user ON jobs (user_id) WHERE state IN ('queued', 'launching', 'running');

CREATE TABLE attempts (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    -- From 1. It fences: only the newest attempt of a job can change anything.
    number integer NOT NULL CHECK (number > 0),
    tree text NOT NULL,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    launcher text NOT NULL,
    -- Which of the places for attempts in flight it takes. Unique among those in flight, and the application gives out
    -- no number above the cap: so the cap holds for all servers together.
    slot integer NOT NULL CHECK (slot >= 0),
    worker_id text,
    -- The platform's name of the execution.
    execution text,
    lease_until bigint NOT NULL,
    deadline_at bigint NOT NULL,
    -- JSON: seconds encoded, by rendition.
    progress text,
    heard_at bigint,
    -- The last URL given out for the tree, to PUT or (once it is superseded) to play, works until then.
    urls_until bigint,
    launched_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint,
    outcome attempt_outcome,
    error_code text,
    error_message text,
    -- Since when nobody needs its tree: it ended without being published, or was superseded. Null again once the cleaner has
    -- seen to it that nothing is left of it.
    stale_at bigint,
    PRIMARY KEY (job_id, number),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK ((started_at IS NULL) = (worker_id IS NULL)),
    CHECK (outcome <> 'published' OR started_at IS NOT NULL),
    CHECK ((error_code IS NULL) = (error_message IS NULL))
);
CREATE UNIQUE INDEX attempts_slots ON attempts (slot) WHERE ended_at IS NULL;
-- What the cleaner looks for. (The rescuer looks through all that are in flight, by their slots: there are as many as
-- there are workers.)
CREATE INDEX attempts_stale ON attempts (stale_at) WHERE stale_at IS NOT NULL;

-- Launch rates that hold for all servers together (generic cell rate algorithm): the next launch is due at `due_at`,
-- minus the burst.
CREATE TABLE paces (
    name text PRIMARY KEY,
    due_at bigint NOT NULL
);

-- What is to be done by one server or process at a time, such as cleaning.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    until bigint NOT NULL
);
