//! The file's schema, and how an older one becomes the newest.

/// In the file's header, so that it can be told from other SQLite files: "hkSn".
pub(super) const APPLICATION_ID: i32 = 0x686b_536e;

/// What makes schema n+1 of schema n. A released one never changes. Times are microseconds since 1970.
pub(super) const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE resource (              -- what is watched, and how it is
        service        TEXT    NOT NULL,
        resource       TEXT    NOT NULL, -- disk, inodes
        state          TEXT    NOT NULL, -- ok, warning, critical
        since          INTEGER NOT NULL,
        announced      TEXT    NOT NULL, -- the state that the integrations were last told of
        available      INTEGER,          -- the last known figures
        total          INTEGER,
        sampled_at     INTEGER,
        unknown_rounds INTEGER NOT NULL DEFAULT 0,
        unknown_reason TEXT,
        PRIMARY KEY (service, resource)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sample (                -- for the plots
        service   TEXT    NOT NULL,
        resource  TEXT    NOT NULL,
        at        INTEGER NOT NULL,
        available INTEGER NOT NULL,
        total     INTEGER NOT NULL,
        PRIMARY KEY (service, resource, at)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE integration (
        id            TEXT    PRIMARY KEY,
        created_at    INTEGER NOT NULL,
        updated_at    INTEGER NOT NULL,
        type          TEXT    NOT NULL, -- health.webhook, …
        settings      TEXT    NOT NULL, -- JSON, without secrets
        secrets       BLOB    NOT NULL, -- sealed
        greeted       INTEGER NOT NULL DEFAULT 0, -- whether it has heard of the open problems
        failures      INTEGER NOT NULL DEFAULT 0, -- in a row
        failing_since INTEGER,
        succeeded_at  INTEGER,
        last_error    TEXT,
        reported      INTEGER NOT NULL DEFAULT 0, -- whether the others were told that it fails
        paused_at     INTEGER
    ) STRICT;
    CREATE TABLE event (
        id         BLOB    PRIMARY KEY, -- the UUID
        created_at INTEGER NOT NULL,
        type       TEXT    NOT NULL,    -- health.low_disk, …
        service    TEXT,
        resource   TEXT,
        severity   TEXT,
        body       BLOB    NOT NULL     -- the JSON as it is sent
    ) STRICT;
    CREATE INDEX event_created_at ON event (created_at);
    CREATE TABLE delivery (
        number      INTEGER PRIMARY KEY, -- the order in which they were made
        id          TEXT    NOT NULL UNIQUE,
        event       BLOB    NOT NULL REFERENCES event (id),
        integration TEXT    NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
        recipient   TEXT,                -- of an e-mail
        lane        TEXT    NOT NULL,    -- what keeps its order
        state       TEXT    NOT NULL,    -- pending, sending, delivered, dead
        attempts    INTEGER NOT NULL DEFAULT 0,
        age         INTEGER NOT NULL DEFAULT 0, -- microseconds that it has been tried for
        due_at      INTEGER NOT NULL,
        created_at  INTEGER NOT NULL,
        updated_at  INTEGER NOT NULL,
        error       TEXT                 -- why it is not delivered
    ) STRICT;
    CREATE INDEX delivery_open ON delivery (number) WHERE state IN ('pending', 'sending');
    CREATE INDEX delivery_integration ON delivery (integration, number);
    CREATE INDEX delivery_event ON delivery (event);
    CREATE TABLE attempt (
        delivery   INTEGER NOT NULL REFERENCES delivery (number) ON DELETE CASCADE,
        number     INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        took       INTEGER,              -- microseconds; none while it is under way, or when it was interrupted
        outcome    TEXT    NOT NULL,     -- sending, delivered, retry, refused, interrupted
        status     INTEGER,
        request    TEXT,
        answer     TEXT,
        error      TEXT,
        PRIMARY KEY (delivery, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE silence (
        id         TEXT    PRIMARY KEY,
        service    TEXT,                 -- any, unless told
        severity   TEXT,                 -- any, unless told
        until      INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
"];
