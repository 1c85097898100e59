extension Schema {
    /// Shares: who shared what until when, who came, and what each download consists of.
    static let shares =
        """
        CREATE TABLE share(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            public_id TEXT NOT NULL UNIQUE,          -- for its creator and for logs; tells nothing of the token
            token_hash BLOB NOT NULL UNIQUE,
            kind TEXT NOT NULL,                      -- study, series, set
            items TEXT NOT NULL,                     -- JSON: [{"type": "study", "uid": "1.2.3"}, …]
            summary TEXT NOT NULL,                   -- JSON: how much it was when it was made
            created_by TEXT NOT NULL,                -- as the audit trail has the actor
            creator_kind TEXT NOT NULL,              -- user, key, local
            creator_id INTEGER,                      -- of the user or key whose right it follows; NULL for local
            created_at REAL NOT NULL,
            expires_at REAL NOT NULL,
            password_hash TEXT,                      -- a PHC string
            generation INTEGER NOT NULL DEFAULT 1,   -- grants of an earlier one are void
            max_downloads INTEGER,
            download_count INTEGER NOT NULL DEFAULT 0,
            used_up_at REAL,                         -- when as many had begun as may
            access_count INTEGER NOT NULL DEFAULT 0,
            last_accessed REAL,
            bytes_sent INTEGER NOT NULL DEFAULT 0,
            revoked_at REAL,
            revoked_by TEXT,
            note TEXT NOT NULL,
            policy TEXT NOT NULL,                    -- strict, manifest
            language TEXT,
            shows_patient INTEGER NOT NULL,
            is_conflict_confirmed INTEGER NOT NULL,
            failed_passwords INTEGER NOT NULL DEFAULT 0, -- those under way included
            locked_at REAL                           -- no password is taken since
        );
        CREATE INDEX share_creator ON share(creator_kind, creator_id);

        CREATE TABLE share_access_log(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            share_id INTEGER NOT NULL REFERENCES share(id),
            plan_id INTEGER,                         -- of a download; the plan may be gone
            accessed_at REAL NOT NULL,
            ended_at REAL,                           -- NULL while a download runs
            ip_address TEXT NOT NULL,
            user_agent TEXT NOT NULL,
            action TEXT NOT NULL,                    -- view, unlock, download
            success INTEGER,                         -- NULL while a download runs
            code TEXT NOT NULL,                      -- ok, or the code of the problem
            bytes INTEGER NOT NULL,
            range_first INTEGER,                     -- NULL for the whole
            range_last INTEGER
        );
        CREATE INDEX share_access_log_share ON share_access_log(share_id, id);
        CREATE INDEX share_access_log_running ON share_access_log(plan_id) WHERE ended_at IS NULL;

        CREATE TABLE share_failure(
            share_id INTEGER NOT NULL,               -- 0 for links that never were or have ended
            network TEXT NOT NULL,
            failures INTEGER NOT NULL,
            last_at REAL NOT NULL,
            blocked_until REAL NOT NULL,
            PRIMARY KEY (share_id, network)
        ) WITHOUT ROWID;
        CREATE INDEX share_failure_last ON share_failure(last_at);

        CREATE TABLE share_grant(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            share_id INTEGER NOT NULL REFERENCES share(id),
            subject BLOB NOT NULL UNIQUE,            -- SHA-256 of a cookie's token, or a keyed hash over a script's share, network and agent
            generation INTEGER NOT NULL,             -- the share's when the recipient was let in
            created_at REAL NOT NULL,
            last_plan INTEGER                        -- what the last response came from, which may be gone; 0 when it is not to be continued
        );
        CREATE INDEX share_grant_share ON share_grant(share_id);

        """ + plans

    private static let plans = """
        CREATE TABLE plan(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            share_id INTEGER NOT NULL REFERENCES share(id),
            grant_id INTEGER NOT NULL REFERENCES share_grant(id),
            created_at REAL NOT NULL,
            used_at REAL NOT NULL,                   -- when it was last filled or sent from
            is_frozen INTEGER NOT NULL DEFAULT 0,
            is_void INTEGER NOT NULL DEFAULT 0,
            started_at REAL,                         -- the first byte went out: counted as a download
            bytes_sent INTEGER NOT NULL DEFAULT 0,
            is_end_sent INTEGER NOT NULL DEFAULT 0,  -- the archive's last byte went out
            completed_at REAL,                       -- it did, and so much that it can be all of them
            entries INTEGER NOT NULL DEFAULT 0,
            etag TEXT NOT NULL DEFAULT '',
            length INTEGER NOT NULL DEFAULT 0,
            directory_offset INTEGER NOT NULL DEFAULT 0,
            last_modified INTEGER NOT NULL DEFAULT 0,
            file_name TEXT NOT NULL DEFAULT '',
            missing INTEGER NOT NULL DEFAULT 0,
            details TEXT NOT NULL DEFAULT ''
        );
        CREATE INDEX plan_grant ON plan(grant_id);
        CREATE INDEX plan_share ON plan(share_id);

        CREATE TABLE plan_source(
            id INTEGER PRIMARY KEY,
            url TEXT NOT NULL UNIQUE                 -- as the catalogue has it
        );

        CREATE TABLE plan_entry(
            plan_id INTEGER NOT NULL REFERENCES plan(id),
            number INTEGER NOT NULL,                 -- 0, 1, 2, … without gaps
            path TEXT NOT NULL,                      -- in the archive
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,               -- as the archive says it
            offset INTEGER NOT NULL,                 -- in the archive
            source_id INTEGER REFERENCES plan_source(id), -- NULL for a document
            source_path BLOB,
            source_modified_ns INTEGER,
            document INTEGER,                        -- NULL for a file
            sop_instance_uid TEXT,
            crc INTEGER,                             -- a document's
            PRIMARY KEY (plan_id, number)
        ) WITHOUT ROWID;
        CREATE INDEX plan_entry_offset ON plan_entry(plan_id, offset);

        CREATE TABLE plan_document(
            id INTEGER PRIMARY KEY,
            plan_id INTEGER NOT NULL REFERENCES plan(id),
            document INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            UNIQUE (plan_id, document, offset)
        );

        CREATE TABLE file_checksum(
            source_id INTEGER NOT NULL REFERENCES plan_source(id),
            path BLOB NOT NULL,
            size INTEGER NOT NULL,
            modified_ns INTEGER NOT NULL,
            crc INTEGER NOT NULL,
            computed_at REAL NOT NULL,
            PRIMARY KEY (source_id, path)
        ) WITHOUT ROWID;
        CREATE INDEX file_checksum_age ON file_checksum(computed_at);
        """
}
