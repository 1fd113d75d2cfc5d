-- Times are milliseconds since 1970 (INTEGER), so that both databases hold and compare the same figures. No now() here:
-- the clock is the application's. Ids are UUIDv7, made by the application.

-- One row: whose bucket prefix this is. `{prefix}/.segue` holds the same id.
CREATE TABLE deployment (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    -- The address folded, so that no two accounts differ in case only.
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    -- Set when the user deletes the account: the address is forgotten at once, so that it can be used anew; the uploads
    -- go, and then this row.
    delete_at INTEGER
) STRICT;

-- What the cleaner looks for.
CREATE INDEX users_to_delete ON users (delete_at) WHERE delete_at IS NOT NULL;

-- One row for each login. Access tokens name it, so ending it takes effect on the next request.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    refresh_hash BLOB NOT NULL UNIQUE CHECK (length(refresh_hash) = 32),
    -- The immediate predecessor, accepted for 30 s after `rotated_at`.
    previous_hash BLOB CHECK (length(previous_hash) = 32),
    rotated_at INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    CHECK ((previous_hash IS NULL) = (rotated_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX sessions_by_predecessor ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- Every refresh token older than the predecessor: showing one again revokes its session.
CREATE TABLE spent_tokens (
    refresh_hash BLOB NOT NULL PRIMARY KEY CHECK (length(refresh_hash) = 32),
    session_id BLOB NOT NULL REFERENCES sessions ON DELETE CASCADE
) STRICT;
CREATE INDEX spent_tokens_of_session ON spent_tokens (session_id);

CREATE TABLE uploads (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users,
    state TEXT NOT NULL CHECK (state IN ('uploading', 'queued', 'processing', 'ready', 'failed', 'deleting')),
    filename TEXT NOT NULL CHECK (length(filename) BETWEEN 1 AND 255),
    source_type TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size > 0),
    -- The bucket's name of the multipart upload, if it is one, and the length of all its parts but the last.
    multipart_id TEXT,
    part_size INTEGER CHECK (part_size > 0),
    -- The last PUT URL given out for the source works until then.
    source_urls_until INTEGER NOT NULL,
    -- What the bucket said when the source was complete; the worker's GET is bound to it.
    etag TEXT,

    -- What the probe found.
    title TEXT,
    artist TEXT,
    album TEXT,
    codec TEXT,
    duration_seconds REAL CHECK (duration_seconds > 0),
    -- Title, artist, album and filename, folded by the application.
    search_key TEXT NOT NULL,
    -- The title, or the filename where there is none, folded by the application: what the library sorts by.
    title_key TEXT NOT NULL,

    -- The published tree. It can be played if and only if this is set, whatever the state.
    tree TEXT,
    -- JSON: its renditions with their measured bandwidths.
    renditions TEXT,
    -- The longest playback URL given out for this tree works until then.
    playback_until INTEGER,

    error_code TEXT,
    error_message TEXT,
    error_retryable INTEGER,
    failed_at INTEGER,

    -- Set by a delete: hidden at once, can be restored until then.
    delete_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,

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
) STRICT;
-- The library, newest first: ids sort by when they were made. With the texts that are searched, or a search would read
-- every row of its user.
CREATE INDEX uploads_of_user ON uploads (user_id, id, delete_at, search_key);
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
    id BLOB NOT NULL PRIMARY KEY,
    upload_id BLOB NOT NULL REFERENCES uploads ON DELETE CASCADE,
    -- The upload's. Not a reference, since removing a user would then read every job.
    user_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'package'),
    -- JSON: domain::protocol::PackageSpec.
    spec TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'launching', 'running', 'succeeded', 'failed', 'cancelled')),
    -- Smaller goes first.
    priority INTEGER NOT NULL,
    -- The user's unfinished jobs when this one was enqueued.
    fair_rank INTEGER NOT NULL CHECK (fair_rank >= 0),
    -- Not before then.
    run_at INTEGER NOT NULL,
    -- Lost leases and transient errors of work that had started. The budget is 5.
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    -- The number of the newest attempt.
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    error_code TEXT,
    error_message TEXT,
    error_retryable INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    CHECK ((ended_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
    CHECK (state <> 'failed' OR error_code IS NOT NULL),
    CHECK (state NOT IN ('launching', 'running', 'succeeded') OR attempt > 0),
    CHECK ((error_code IS NULL) = (error_message IS NULL)),
    CHECK ((error_code IS NULL) = (error_retryable IS NULL))
) STRICT;
-- The claim: one scan, in order. The times are there for those who ask about all that waits: when the next is due, which
-- have waited too long, how old the oldest is. An index for each question would cost every claim more than it saves.
CREATE INDEX jobs_queued ON jobs (priority, fair_rank, id, run_at, created_at) WHERE state = 'queued';
-- At most one unfinished package job for each upload.
CREATE UNIQUE INDEX jobs_unfinished ON jobs (upload_id)
    WHERE kind = 'package' AND state IN ('queued', 'launching', 'running');
CREATE INDEX jobs_of_upload ON jobs (upload_id);
-- Counted for the fair rank.
CREATE INDEX jobs_unfinished_of_user ON jobs (user_id) WHERE state IN ('queued', 'launching', 'running');

CREATE TABLE attempts (
    job_id BLOB NOT NULL REFERENCES jobs ON DELETE CASCADE,
    -- From 1. It fences: only the newest attempt of a job can change anything.
    number INTEGER NOT NULL CHECK (number > 0),
    tree TEXT NOT NULL,
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    launcher TEXT NOT NULL,
    -- Which of the places for attempts in flight it takes. Unique among those in flight, and the application gives out
    -- no number above the cap: so the cap holds for all servers together.
    slot INTEGER NOT NULL CHECK (slot >= 0),
    worker_id TEXT,
    -- The platform's name of the execution.
    execution TEXT,
    lease_until INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    -- JSON: seconds encoded, by rendition.
    progress TEXT,
    heard_at INTEGER,
    -- The last URL given out for the tree, to PUT or (once it is superseded) to play, works until then.
    urls_until INTEGER,
    launched_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IN ('published', 'failed', 'handed_back', 'lost', 'refused', 'cancelled')),
    error_code TEXT,
    error_message TEXT,
    -- Since when nobody needs its tree: it ended without being published, or was superseded. Null again once the cleaner has
    -- seen to it that nothing is left of it.
    stale_at INTEGER,
    PRIMARY KEY (job_id, number),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK ((started_at IS NULL) = (worker_id IS NULL)),
    CHECK (outcome <> 'published' OR started_at IS NOT NULL),
    CHECK ((error_code IS NULL) = (error_message IS NULL))
) STRICT;
CREATE UNIQUE INDEX attempts_slots ON attempts (slot) WHERE ended_at IS NULL;
-- What the cleaner looks for. (The rescuer looks through all that are in flight, by their slots: there are as many as
-- there are workers.)
CREATE INDEX attempts_stale ON attempts (stale_at) WHERE stale_at IS NOT NULL;

-- Launch rates that hold for all servers together (generic cell rate algorithm): the next launch is due at `due_at`,
-- minus the burst.
CREATE TABLE paces (
    name TEXT NOT NULL PRIMARY KEY,
    due_at INTEGER NOT NULL
) STRICT;

-- What is to be done by one server or process at a time, such as cleaning.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT;
