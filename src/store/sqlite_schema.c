/* The database's schema as numbered steps. A step that shipped is never edited: a change is a new
 * step. `user_version` says how many were done; a database with more is a newer Cordon's. */
#include "store/sqlite_priv.h"

#include <stdio.h>

#include "os/failpoint.h"

enum { APPLICATION_ID = 0x434f5244 }; /* "CORD" */

static const char step_1[] =
    "CREATE TABLE settings(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"

    "CREATE TABLE devices("
    " id TEXT PRIMARY KEY, hardware_uuid TEXT NOT NULL, hostname TEXT NOT NULL,"
    " platform TEXT NOT NULL, os_version TEXT NOT NULL, agent_version TEXT NOT NULL,"
    " address TEXT NOT NULL, cert_serial TEXT NOT NULL, key_fingerprint TEXT NOT NULL,"
    " next_serial TEXT NOT NULL, next_fingerprint TEXT NOT NULL, cert_expires_ns INTEGER NOT NULL,"
    " state TEXT NOT NULL, enrolled_with TEXT NOT NULL, first_seen_ns INTEGER NOT NULL,"
    " last_seen_ns INTEGER NOT NULL, clock_offset_ns INTEGER NOT NULL, facts_json TEXT NOT NULL,"
    " health_json TEXT NOT NULL, isolation_desired TEXT NOT NULL,"
    " desired_generation INTEGER NOT NULL, isolation_observed TEXT NOT NULL,"
    " observed_generation INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX devices_hardware ON devices(hardware_uuid) WHERE state='enrolled';"
    "CREATE UNIQUE INDEX devices_key ON devices(key_fingerprint);"
    "CREATE UNIQUE INDEX devices_next ON devices(next_fingerprint) WHERE next_fingerprint<>'';"
    "CREATE INDEX devices_name ON devices(hostname,id);"
    "CREATE INDEX devices_seen ON devices(state,last_seen_ns);"

    "CREATE TABLE enroll_tokens("
    " hash TEXT PRIMARY KEY, label TEXT NOT NULL, kind TEXT NOT NULL, uses_left INTEGER NOT NULL,"
    " uses INTEGER NOT NULL, created_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL,"
    " created_by TEXT NOT NULL, revoked INTEGER NOT NULL) STRICT;"

    "CREATE TABLE users("
    " name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL,"
    " must_change_password INTEGER NOT NULL, disabled INTEGER NOT NULL,"
    " created_ns INTEGER NOT NULL, created_by TEXT NOT NULL, last_login_ns INTEGER NOT NULL)"
    " STRICT;"
    "CREATE TABLE tokens("
    " hash TEXT PRIMARY KEY, kind TEXT NOT NULL,"
    " user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE, name TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, last_used_ns INTEGER NOT NULL,"
    " address TEXT NOT NULL) STRICT;"
    "CREATE INDEX tokens_user ON tokens(user,kind);"
    "CREATE INDEX tokens_expiry ON tokens(expires_ns) WHERE expires_ns>0;"

    "CREATE TABLE alerts("
    " id TEXT PRIMARY KEY, device TEXT NOT NULL REFERENCES devices(id), rule_id TEXT NOT NULL,"
    " rule_title TEXT NOT NULL, level TEXT NOT NULL, techniques TEXT NOT NULL,"
    " time_ns INTEGER NOT NULL, received_ns INTEGER NOT NULL, stored_ns INTEGER NOT NULL,"
    " state TEXT NOT NULL, state_by TEXT NOT NULL, state_ns INTEGER NOT NULL,"
    " state_reason TEXT NOT NULL, count INTEGER NOT NULL, json TEXT NOT NULL) STRICT;"
    "CREATE INDEX alerts_time ON alerts(received_ns,id);"
    "CREATE INDEX alerts_device ON alerts(device,received_ns,id);"
    "CREATE INDEX alerts_state ON alerts(state,level,received_ns,id);"

    "CREATE TABLE segments("
    " id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, sealed_ns INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " events INTEGER NOT NULL, received_min_ns INTEGER NOT NULL, received_max_ns INTEGER NOT NULL)"
    " STRICT;"
    "CREATE INDEX segments_open ON segments(state) WHERE state='open';"
    "CREATE INDEX segments_time ON segments(received_max_ns,received_min_ns);"

    "CREATE TABLE epochs("
    " device TEXT NOT NULL REFERENCES devices(id), epoch INTEGER NOT NULL,"
    " last_sequence INTEGER NOT NULL, batches INTEGER NOT NULL, events INTEGER NOT NULL,"
    " missing INTEGER NOT NULL, lost INTEGER NOT NULL, updated_ns INTEGER NOT NULL,"
    " \"window\" BLOB NOT NULL, PRIMARY KEY(device,epoch)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE batches("
    " device TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " segment INTEGER NOT NULL, \"offset\" INTEGER NOT NULL, length INTEGER NOT NULL,"
    " plain_length INTEGER NOT NULL, events INTEGER NOT NULL, alerts INTEGER NOT NULL,"
    " lost INTEGER NOT NULL, sha256 TEXT NOT NULL, received_ns INTEGER NOT NULL,"
    " stored_ns INTEGER NOT NULL, PRIMARY KEY(device,epoch,sequence),"
    " FOREIGN KEY(device,epoch) REFERENCES epochs(device,epoch)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX batches_segment ON batches(segment,\"offset\") WHERE length>0;"

    "CREATE TABLE actions("
    " id TEXT PRIMARY KEY, request TEXT NOT NULL, device TEXT NOT NULL REFERENCES devices(id),"
    " name TEXT NOT NULL, args_json TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,"
    " requested_by TEXT NOT NULL, requested_ns INTEGER NOT NULL, decided_by TEXT NOT NULL,"
    " decided_ns INTEGER NOT NULL, decision TEXT NOT NULL, queued_ns INTEGER NOT NULL,"
    " delivered_ns INTEGER NOT NULL, finished_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL,"
    " generation INTEGER NOT NULL, rollback_ns INTEGER NOT NULL, due_ns INTEGER NOT NULL,"
    " result_json TEXT NOT NULL, nonce BLOB NOT NULL, envelope BLOB NOT NULL) STRICT;"
    "CREATE INDEX actions_time ON actions(requested_ns,id);"
    "CREATE INDEX actions_device ON actions(device,requested_ns,id);"
    "CREATE INDEX actions_request ON actions(request);"
    "CREATE INDEX actions_due ON actions(due_ns,id) WHERE due_ns>0;"
    "CREATE INDEX actions_state ON actions(state);"

    "CREATE TABLE rulesets("
    " version TEXT PRIMARY KEY, path TEXT NOT NULL, bytes INTEGER NOT NULL,"
    " rules INTEGER NOT NULL, signed_by TEXT NOT NULL, created_by TEXT NOT NULL,"
    " created_ns INTEGER NOT NULL, active INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX rulesets_active ON rulesets(active) WHERE active=1;"

    "CREATE TABLE audit("
    " sequence INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, actor_kind TEXT NOT NULL,"
    " actor TEXT NOT NULL, address TEXT NOT NULL, verb TEXT NOT NULL, object TEXT NOT NULL,"
    " detail_json TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL) STRICT;"
    "CREATE INDEX audit_object ON audit(object,sequence);"
    "CREATE INDEX audit_actor ON audit(actor,sequence);"
    "CREATE TRIGGER audit_keep BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT,'the audit log is append-only'); END;"
    "CREATE TRIGGER audit_hold BEFORE DELETE ON audit"
    " BEGIN SELECT RAISE(ABORT,'the audit log is append-only'); END;";

/* Every list of devices shows how many alerts of each are open. */
static const char step_2[] = "CREATE INDEX alerts_open ON alerts(device) WHERE state='open';";

/* What the console asks for, without reading the rows themselves, which are large: every filter of
 * a list is decided in an index that has the list's order; what else happened on a device at a
 * time; the open alerts by level and age; devices whose condition is poor. */
static const char step_3[] =
    "DROP INDEX alerts_time;"
    "CREATE INDEX alerts_time ON alerts(received_ns,id,state,level,device,rule_id,rule_title);"
    "DROP INDEX alerts_state;"
    "CREATE INDEX alerts_state ON alerts(state,received_ns,id,level,rule_title,device);"
    "CREATE INDEX alerts_level ON alerts(level,received_ns,id,rule_title,device);"
    "CREATE INDEX alerts_rule ON alerts(rule_id,received_ns,id);"
    "CREATE INDEX alerts_around ON alerts(device,time_ns,id);"
    "CREATE INDEX alerts_open_level ON alerts(level,received_ns) WHERE state='open';"
    "ALTER TABLE devices ADD COLUMN condition TEXT NOT NULL DEFAULT 'unknown';"
    "DROP INDEX devices_name;"
    "CREATE INDEX devices_name ON devices(hostname,id,state,platform,isolation_observed,condition);"
    "CREATE INDEX devices_condition ON devices(condition,state);";

/* What people put into the ruleset beside rules: prevent lists and exceptions, with their history.
 * Of what is in force each kind, value and verdict is there once. */
static const char step_4[] =
    "CREATE TABLE entries("
    " id TEXT PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, verdict TEXT NOT NULL,"
    " body TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL,"
    " expires_ns INTEGER NOT NULL, created_by TEXT NOT NULL, created_ns INTEGER NOT NULL,"
    " removed_by TEXT NOT NULL, removed_ns INTEGER NOT NULL, removed_reason TEXT NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX entries_value ON entries(kind,value,verdict) WHERE removed_ns=0;"
    "CREATE INDEX entries_time ON entries(created_ns,id);";

/* Hunts and what they found. */
static const char step_5[] =
    "CREATE TABLE hunts("
    " id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, devices_json TEXT NOT NULL,"
    " since_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL, state TEXT NOT NULL,"
    " error TEXT NOT NULL, created_by TEXT NOT NULL, created_ns INTEGER NOT NULL,"
    " started_ns INTEGER NOT NULL, finished_ns INTEGER NOT NULL, rules INTEGER NOT NULL,"
    " segments INTEGER NOT NULL, segments_done INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " bytes_done INTEGER NOT NULL, frames INTEGER NOT NULL, frames_skipped INTEGER NOT NULL,"
    " events INTEGER NOT NULL, matches INTEGER NOT NULL, results INTEGER NOT NULL,"
    " damaged INTEGER NOT NULL, truncated INTEGER NOT NULL, received_min_ns INTEGER NOT NULL,"
    " received_max_ns INTEGER NOT NULL, detail_json TEXT NOT NULL) STRICT;"
    "CREATE INDEX hunts_time ON hunts(created_ns,id);"
    "CREATE INDEX hunts_unfinished ON hunts(state) WHERE state IN('queued','running');"
    "CREATE TABLE hunt_results("
    " hunt TEXT NOT NULL REFERENCES hunts(id) ON DELETE CASCADE, time_ns INTEGER NOT NULL,"
    " id TEXT NOT NULL, rule_id TEXT NOT NULL, device TEXT NOT NULL,"
    " received_ns INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE(hunt,time_ns,id)) STRICT;";

const char *const sqlite_migrations[] = {step_1, step_2, step_3, step_4, step_5};
const size_t sqlite_migrations_len = ARRAY_LEN(sqlite_migrations);

static int pragma_int(struct sqlite_conn *conn, const char *sql, int64_t *ret_value,
                      struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL);
    if (rc)
        return sqlite_fail(conn, rc, err, "read the database's version");
    rc = sqlite_step(conn, stmt, "read the database's version", err);
    if (rc == 1)
        *ret_value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return rc < 0 ? rc : 0;
}

static int run_step(struct sqlite_conn *conn, const char *sql, size_t number, struct err *err)
{
    char version[96];
    (void)snprintf(version, sizeof version, "PRAGMA user_version=%zu; PRAGMA application_id=%d",
                   number, APPLICATION_ID);
    int rc = sqlite_exec(conn, "BEGIN EXCLUSIVE", err);
    if (rc)
        return rc;
    rc = sqlite_exec(conn, sql, err);
    if (!rc)
        rc = sqlite_exec(conn, version, err);
    int e = FAILPOINT("store.migrate.before");
    if (!rc && e)
        rc = err_set(err, E_IO, "cannot commit");
    if (!rc)
        rc = sqlite_exec(conn, "COMMIT", err);
    e = FAILPOINT("store.migrate.after");
    if (!rc && e)
        return err_set(err, E_IO, "cannot commit");
    if (rc) {
        (void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
        err_prefix(err, "database migration %zu", number);
    }
    return rc;
}

int sqlite_migrate(struct sqlite_conn *conn, const char *const *migrations, size_t len,
                   struct err *err)
{
    int64_t version = 0;
    int64_t application = 0;
    int rc = pragma_int(conn, "PRAGMA user_version", &version, err);
    if (!rc)
        rc = pragma_int(conn, "PRAGMA application_id", &application, err);
    if (rc)
        return rc;
    if (version != 0 && application != APPLICATION_ID)
        return err_set(err, E_PARSE, "the database is not Cordon's");
    if (version < 0 || (uint64_t)version > len)
        return err_set(err, E_VERSION,
                       "the database has version %lld, this program knows versions up to %zu: it "
                       "was written by a newer Cordon",
                       (long long)version, len);
    for (size_t i = (size_t)version; i < len && !rc; i++)
        rc = run_step(conn, migrations[i], i + 1, err);
    return rc;
}
