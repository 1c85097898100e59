/**
 * The shapes of what the server says of sources and jobs.
 *
 * @typedef {{
 *   time: string, error_type: string, error_code: string, message: string, suggestion: string, path: string, retry_count: number,
 * }} ErrorReport
 *
 * @typedef {{ id: number, job: number } & ErrorReport} StoredError
 *
 * @typedef {{ error_type: string, error_code: string, count: number, suggestion: string, example_path: string }} ErrorClass
 *
 * @typedef {"running" | "paused" | "cancelled" | "completed" | "failed"} JobState
 *
 * @typedef {object} Job
 * @property {number} id
 * @property {string} source the source's name
 * @property {string} url
 * @property {JobState} state
 * @property {string} stage
 * @property {string} method `smb` or `local`
 * @property {string} method_reason
 * @property {string} message
 * @property {string | null} error_type
 * @property {string | null} error_code
 * @property {string | null} retry_at when the server tries it again, since its share could not be reached
 * @property {number} enumerated_files
 * @property {number} files_processed
 * @property {number} files_opened
 * @property {number} dicom_files
 * @property {number} not_dicom
 * @property {number} errors
 * @property {number} bytes_read
 * @property {number} folders_listed
 * @property {number} folders_left
 * @property {number} files_per_second
 * @property {number} concurrency
 * @property {number} elapsed_seconds
 * @property {string | null} estimated_completion
 * @property {string} started_at
 * @property {string | null} [ended_at]
 * @property {number | null} held_missing
 * @property {ErrorReport[]} last_errors
 *
 * @typedef {object} IndexStatus
 * @property {boolean} running
 * @property {string} last_updated
 * @property {number} series_count
 * @property {number} study_count
 * @property {number} patient_count
 * @property {Job[]} jobs
 *
 * @typedef {object} Source
 * @property {string} id
 * @property {string} name
 * @property {"config" | "ledger" | "catalogue"} origin
 * @property {boolean} is_enabled
 * @property {"smb" | "local"} type
 * @property {string} url
 * @property {string | null} [host]
 * @property {number | null} [port]
 * @property {string | null} [share]
 * @property {string | null} [path]
 * @property {string | null} [username]
 * @property {string | null} [domain]
 * @property {boolean} has_password
 * @property {Record<string, any> | null} [declaration] what was declared through the API, without the password
 * @property {string | null} schedule
 * @property {boolean} watch
 * @property {string | null} next_run_at
 * @property {Job | null} last_job
 * @property {number} series_count
 * @property {number} file_count
 *
 * What the connections to a share do.
 * @typedef {object} SourceMetrics
 * @property {number} connections
 * @property {number} busy
 * @property {number} queued
 * @property {number} folders
 * @property {number} entries
 * @property {number} headers
 * @property {number} bytes
 * @property {number} errors
 * @property {number} retries
 * @property {number} started
 * @property {number} lost
 * @property {number} logins
 * @property {boolean | null} is_encrypted null before the first connection
 * @property {boolean | null} is_signed
 * @property {number} round_trip_microseconds 0 while it was not measured
 * @property {number} requests_per_second
 *
 * What a test of a share found; steps that were not come to are absent.
 * @typedef {object} ShareReport
 * @property {boolean} [is_reachable]
 * @property {boolean} [are_credentials_accepted]
 * @property {boolean} [is_share_found]
 * @property {boolean} [is_path_readable]
 * @property {string} [error_type]
 * @property {string} [error_code]
 * @property {string} [message]
 * @property {string} [suggestion]
 * @property {number} [round_trip_milliseconds]
 * @property {number} [entries_per_second]
 * @property {number} [headers_per_second]
 * @property {number} [bytes_per_second]
 * @property {number} [sampled_files]
 * @property {number} [sampled_not_dicom]
 * @property {number} [workers]
 * @property {string} [dialect]
 * @property {boolean} [is_encrypted]
 * @property {boolean} [can_encrypt]
 *
 * @typedef {{ path: string, sampled_files: number, headers_per_second: number }} FolderReport
 * @typedef {{ code: string, text: string }} Suggestion
 */

/** A job that is at work, or waits in this server to go on. @param {Job} job */
export function isActive(job) {
  return job.state === "running" || (job.state === "paused" && job.stage !== "ended");
}

/**
 * What a job is at, for its text.
 * @param {Job} job
 * @returns {"starting" | "listing" | "reading" | "settling" | "search_index" | "other"}
 */
export function stageOf(job) {
  const stage = job.stage.replace(" ", "_");
  return stage === "starting" || stage === "listing" || stage === "reading" || stage === "settling" ||
      stage === "search_index"
    ? stage
    : "other";
}

/**
 * How far a job is, from 0 to 1; null while folders may still bring more files.
 * @param {Job} job
 */
export function progressOf(job) {
  if (job.folders_left > 0 || job.enumerated_files === 0) return null;
  return Math.min(1, job.files_processed / job.enumerated_files);
}
