/// The tables. Times are seconds since 1970 UTC, but for the audit trail's, which are whole milliseconds because they are hashed.
///
/// No token, password or key is here in clear: tokens as their SHA-256, passwords as scrypt, what must be read again sealed under `secret.key`.
enum Schema {
    /// Migrations, oldest first; `user_version` counts those that have been applied. Never edit one that has been released: add another.
    static let migrations = [people + sources + audit, shares]

    private static let people = """
        CREATE TABLE setting(
            name TEXT PRIMARY KEY,
            value BLOB NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE user(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE, -- ASCII only, so that NOCASE is all of it
            role TEXT NOT NULL,
            is_disabled INTEGER NOT NULL DEFAULT 0,
            password_hash TEXT NOT NULL,             -- a PHC string
            generation INTEGER NOT NULL DEFAULT 1,   -- signed tokens of an earlier one are void
            created_at REAL NOT NULL,
            last_sign_in_at REAL
        );

        CREATE TABLE session(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            token_hash BLOB NOT NULL UNIQUE,
            user_id INTEGER NOT NULL REFERENCES user(id),
            created_at REAL NOT NULL,
            last_used_at REAL NOT NULL,              -- to the minute
            expires_at REAL NOT NULL,                -- whatever is done until then
            ip_address TEXT NOT NULL,
            user_agent TEXT NOT NULL
        );
        CREATE INDEX session_user ON session(user_id);

        CREATE TABLE api_key(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            token_hash BLOB NOT NULL UNIQUE,
            role TEXT NOT NULL,
            created_by TEXT NOT NULL,
            created_at REAL NOT NULL,
            expires_at REAL,
            last_used_at REAL,                       -- to the minute
            revoked_at REAL
        );
        CREATE UNIQUE INDEX api_key_name ON api_key(name COLLATE NOCASE) WHERE revoked_at IS NULL;

        CREATE TABLE signing_key(
            id TEXT PRIMARY KEY,
            secret BLOB NOT NULL,                    -- sealed
            created_at REAL NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE sign_in_failure(
            subject BLOB PRIMARY KEY,                -- a keyed hash: what was typed as a name may have been a password
            failures INTEGER NOT NULL,
            last_at REAL NOT NULL,
            blocked_until REAL NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX sign_in_failure_last ON sign_in_failure(last_at);

        """

    private static let sources = """
        CREATE TABLE source(
            name TEXT PRIMARY KEY,
            configuration TEXT NOT NULL,             -- JSON: the keys of a source in config.json, without the password
            password BLOB,                           -- sealed, bound to the name
            schedule TEXT,                           -- as cron writes it
            is_watched INTEGER NOT NULL,
            created_at REAL NOT NULL,
            changed_at REAL NOT NULL
        ) WITHOUT ROWID;

        """

    private static let audit = """
        CREATE TABLE audit(
            id INTEGER PRIMARY KEY,                  -- 1, 2, 3, … without gaps
            time_ms INTEGER NOT NULL,
            actor TEXT NOT NULL,
            method TEXT NOT NULL,
            ip_address TEXT NOT NULL,
            action TEXT NOT NULL,
            object TEXT,
            outcome TEXT NOT NULL,
            detail TEXT,
            hash BLOB NOT NULL                       -- SHA-256 over the previous row's and this row's content
        );
        CREATE INDEX audit_actor ON audit(actor COLLATE NOCASE, id);
        CREATE INDEX audit_action ON audit(action, id);
        CREATE INDEX audit_time ON audit(time_ms, id);

        CREATE TABLE audit_head(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            entries INTEGER NOT NULL,
            hash BLOB NOT NULL,                      -- the last row's
            seal BLOB NOT NULL                       -- HMAC over both, so that rows cannot be cut off at the end unseen
        );

        CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
        -- INSERT OR REPLACE deletes without firing the trigger above.
        CREATE TRIGGER audit_in_order BEFORE INSERT ON audit WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
        """
}
