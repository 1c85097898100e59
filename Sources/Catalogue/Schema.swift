/// The tables. Every text from a file is UTF-8; a path or file name that is not valid UTF-8 is stored as a blob of its bytes.
enum Schema {
    /// Migrations, oldest first; `user_version` counts those that have been applied. Never edit one that has been released: add another.
    static let migrations = [base + SearchIndex.schema, jobErrorCode]

    /// 2: what exactly made a job fail.
    private static let jobErrorCode = "ALTER TABLE job ADD COLUMN error_code TEXT"  // as in job_error; NULL when nothing did

    static let base = """
        CREATE TABLE source(
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            url TEXT NOT NULL UNIQUE,                -- smb://host:port/share/path or an absolute folder; holds no user and no password
            generation INTEGER NOT NULL DEFAULT 0,   -- number of the last scan that was begun
            gone_up_to INTEGER NOT NULL DEFAULT 0,   -- what is missing since this scan or an earlier one is gone, and its rows may be removed
            decided_generation INTEGER NOT NULL DEFAULT 0, -- the last scan that came to its end and decided what is gone
            held_missing INTEGER                     -- how many files that scan missed and held; NULL when nothing is held
        );

        CREATE TABLE job(
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES source(id),
            generation INTEGER NOT NULL,
            state TEXT NOT NULL,                     -- running, paused, cancelled, completed, failed
            method TEXT NOT NULL DEFAULT '',
            method_reason TEXT NOT NULL DEFAULT '',
            read_all INTEGER NOT NULL,               -- whether unchanged files are read again as well
            scope TEXT NOT NULL DEFAULT '',          -- which files are read, and how: a job is only continued with the same
            options TEXT NOT NULL DEFAULT '{}',      -- JSON: what is needed to continue it; no secrets
            started_at REAL NOT NULL,                -- seconds since 1970 UTC
            updated_at REAL NOT NULL,
            finished_at REAL,
            elapsed_seconds REAL NOT NULL DEFAULT 0, -- time spent running, pauses left out
            message TEXT NOT NULL DEFAULT '',        -- why it failed, paused or holds files
            error_type TEXT,                         -- of what made it fail, as in job_error; NULL when nothing did
            enumerated_files INTEGER NOT NULL DEFAULT 0,
            files_processed INTEGER NOT NULL DEFAULT 0,
            files_opened INTEGER NOT NULL DEFAULT 0,
            dicom_files INTEGER NOT NULL DEFAULT 0,
            not_dicom INTEGER NOT NULL DEFAULT 0,
            errors INTEGER NOT NULL DEFAULT 0,
            bytes_read INTEGER NOT NULL DEFAULT 0,
            folders_listed INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX job_source ON job(source_id, id);

        CREATE TABLE job_error(
            id INTEGER PRIMARY KEY,
            job_id INTEGER NOT NULL REFERENCES job(id),
            time REAL NOT NULL,
            error_type TEXT NOT NULL,
            error_code TEXT NOT NULL,
            message TEXT NOT NULL,
            suggestion TEXT NOT NULL,
            path TEXT NOT NULL,
            retry_count INTEGER NOT NULL
        );
        CREATE INDEX job_error_job ON job_error(job_id, id);

        CREATE TABLE folder(
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES source(id),
            parent_id INTEGER,                       -- NULL for the root
            path NOT NULL,                           -- below the source's root, separated by /
            depth INTEGER NOT NULL,
            to_list INTEGER,                         -- the source's id while the folder waits to be listed, else NULL
            listed_generation INTEGER NOT NULL DEFAULT 0, -- the last scan that listed it completely
            missing_generation INTEGER,              -- the first scan whose complete listing of the parent was without it
            header_end INTEGER NOT NULL DEFAULT 0,   -- bytes that headers in this folder needed
            UNIQUE(source_id, path)
        );
        CREATE INDEX folder_parent ON folder(parent_id);
        CREATE INDEX folder_to_list ON folder(to_list) WHERE to_list IS NOT NULL;
        CREATE INDEX folder_missing ON folder(source_id) WHERE missing_generation IS NOT NULL;

        CREATE TABLE file(
            id INTEGER PRIMARY KEY,
            folder_id INTEGER NOT NULL REFERENCES folder(id),
            name NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,               -- nanoseconds since 1970 UTC
            changed INTEGER NOT NULL,                -- the same; 0 where the source does not tell
            read_order INTEGER,                      -- source << 8 | level while the file waits to be read, else NULL
            state INTEGER NOT NULL,                  -- FileState
            instance_id INTEGER REFERENCES instance(id),
            variant_id INTEGER REFERENCES variant(id),
            transfer_syntax_id INTEGER REFERENCES uid(id),
            digest INTEGER,                          -- of the instance's attributes, transfer syntax left out
            missing_generation INTEGER,              -- the first scan whose complete listing of the folder was without it
            found_generation INTEGER NOT NULL,       -- the first scan that found it
            UNIQUE(folder_id, name)
        );
        CREATE INDEX file_read_order ON file(read_order) WHERE read_order IS NOT NULL;
        CREATE INDEX file_instance ON file(instance_id) WHERE instance_id IS NOT NULL;
        CREATE INDEX file_missing ON file(folder_id) WHERE missing_generation IS NOT NULL;

        CREATE TABLE uid(
            id INTEGER PRIMARY KEY,
            value TEXT NOT NULL UNIQUE               -- SOP classes and transfer syntaxes: few values, many uses
        );

        CREATE TABLE patient(
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,           -- PatientIdentity.key
            patient_id TEXT NOT NULL,
            issuer TEXT NOT NULL
        );

        CREATE TABLE study(
            id INTEGER PRIMARY KEY,
            patient_id INTEGER NOT NULL REFERENCES patient(id),
            study_key TEXT NOT NULL UNIQUE,          -- StudyInstanceUID, or the documented stand-in
            study_instance_uid TEXT,
            sort_key INTEGER NOT NULL UNIQUE,        -- study date as YYYYMMDD (0 when unknown) << 34 | id
            patient_name TEXT,                       -- as in this study, component groups separated by =
            patient_birth_date TEXT,
            patient_sex TEXT,
            study_id TEXT,
            study_date TEXT,
            study_time TEXT,
            timezone TEXT,
            accession_number TEXT,
            study_description TEXT,
            referring_physician_name TEXT,
            institution_name TEXT,
            has_conflict INTEGER NOT NULL DEFAULT 0, -- 1: attributes differ between its files; 2: patients do
            search_stale INTEGER                     -- 1 while the search index does not show the row's present state, else NULL
        );
        CREATE INDEX study_patient ON study(patient_id);
        CREATE INDEX study_accession ON study(accession_number) WHERE accession_number <> '';
        CREATE INDEX study_search_stale ON study(search_stale) WHERE search_stale IS NOT NULL;

        CREATE TABLE series(
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study(id),
            series_key TEXT NOT NULL UNIQUE,         -- SeriesInstanceUID, or the documented stand-in
            series_instance_uid TEXT,
            series_number INTEGER,
            series_date TEXT,
            series_time TEXT,
            modality TEXT,
            series_description TEXT,
            protocol_name TEXT,
            body_part_examined TEXT,
            laterality TEXT,
            manufacturer TEXT,
            manufacturer_model_name TEXT,
            station_name TEXT,
            has_conflict INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX series_study ON series(study_id);

        -- One row for each distinct set of patient, study and series attributes that the files of a series in a source carry.
        -- What the study and series rows show is derived from these; where they differ, that is a conflict.
        CREATE TABLE variant(
            id INTEGER PRIMARY KEY,
            series_id INTEGER NOT NULL REFERENCES series(id),
            source_id INTEGER NOT NULL REFERENCES source(id),
            digest INTEGER NOT NULL,                 -- of the attributes
            attributes TEXT NOT NULL,                -- VariantAttributes.encoded
            file_count INTEGER NOT NULL,
            UNIQUE(series_id, source_id, digest)
        );
        CREATE INDEX variant_source ON variant(source_id, series_id);
        CREATE VIEW series_source(series_id, source_id, file_count) AS
            SELECT series_id, source_id, SUM(file_count) FROM variant GROUP BY series_id, source_id;

        CREATE TABLE instance(
            id INTEGER PRIMARY KEY,
            series_id INTEGER NOT NULL REFERENCES series(id),
            sop_instance_uid TEXT NOT NULL UNIQUE,   -- or the documented stand-in
            sop_class_id INTEGER REFERENCES uid(id),
            instance_number INTEGER,
            number_of_frames INTEGER,
            rows INTEGER,
            columns INTEGER,
            has_conflict INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX instance_series ON instance(series_id);

        -- Derived from variants and from locations of one instance; rewritten whenever they change.
        CREATE TABLE conflict(
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study(id),  -- the study that shows the flag
            series_id INTEGER,                       -- NULL: an attribute of the study or patient
            instance_id INTEGER,                     -- NULL: an attribute of the series, study or patient
            attribute TEXT NOT NULL,                 -- DICOM keyword
            kept TEXT,                               -- the value in the catalogue
            found TEXT                               -- the other value
        );
        CREATE INDEX conflict_study ON conflict(study_id);
        CREATE INDEX conflict_series ON conflict(series_id) WHERE series_id IS NOT NULL;
        CREATE INDEX conflict_instance ON conflict(instance_id) WHERE instance_id IS NOT NULL;

        """
}

/// What is known of a file: the values of `file.state`.
enum FileState: Int64 {
    /// Its header has not been read since it was found or changed.
    case toRead = 0
    /// It holds an instance.
    case instance = 1
    /// It is not DICOM.
    case notDICOM = 2
    /// It could not be read; tried again by the next scan.
    case failed = 3
    /// It is a DICOMDIR.
    case directory = 4
    /// It was read, and must be read again: it has changed, or what was read cannot be what it says. Until then what was read stands.
    case outdated = 5

    /// Whether nothing is to be learned by reading it again.
    var isSettled: Bool { self == .instance || self == .notDICOM || self == .directory }
}
