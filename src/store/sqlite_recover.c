/* Bringing segments and database together at start: what the rows say is what there is. */
#include "store/sqlite_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/file.h"

enum { PATH_BYTES = 4096 };

/* End of the last committed frame run; 0 when there is none. */
static int committed_end(struct sqlite_conn *conn, int64_t segment, uint64_t *ret_end,
                         struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn,
                            "SELECT coalesce(max(\"offset\"+length),0) FROM batches "
                            "WHERE length>0 AND segment=?1",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, segment);
    rc = sqlite_step(conn, stmt, "batches", err);
    if (rc < 0)
        return rc;
    *ret_end = rc == 1 ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_reset(stmt);
    return 0;
}

static int set_state(struct sqlite_conn *conn, int64_t segment, enum segment_state state,
                     struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, "UPDATE segments SET state=?2 WHERE id=?1", &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, segment);
    sqlite_bind_str(stmt, 2, segment_state_names[state]);
    return sqlite_run(conn, stmt, "segments", err);
}

static int delete_row(struct sqlite_conn *conn, int64_t segment, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, "DELETE FROM segments WHERE id=?1", &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, segment);
    return sqlite_run(conn, stmt, "segments", err);
}

static int recover_one(struct sqlite_store *s, const struct store_segment *row, struct err *err)
{
    struct segfile *file = NULL;
    uint64_t committed = 0;
    bool was_cut = false;
    int rc = committed_end(&s->writer, row->id, &committed, err);
    if (rc)
        return rc;
    if (!committed)
        return delete_row(&s->writer, row->id, err);
    rc = segrecover(s->folder, row, committed, &file, &was_cut, err);
    if (rc == E_PARSE || rc == E_NOT_FOUND || rc == E_VERSION) {
        s->stats.segments_damaged++;
        return set_state(&s->writer, row->id, SEGMENT_DAMAGED, err);
    }
    if (rc)
        return rc;
    s->stats.segments_cut += was_cut;
    if (segwrite_take(&s->segments, file))
        return err_set(err, E_NOMEM, "no memory to recover a segment");
    return 0;
}

static int recover_open(struct sqlite_store *s, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    static const struct query_order order = {NULL, "id", false};
    struct store_page page = {.limit = 1000};
    struct query_page got;
    do {
        struct query q CLEANUP(query_done);
        query_init(&q, &table_segment);
        query_literal(&q, "state='open'");
        int rc = query_list(&q, &s->writer, &order, &page, &arena, &got, err);
        const struct store_segment *rows = got.items;
        for (size_t i = 0; i < (rc ? 0 : got.len) && !rc; i++)
            rc = recover_one(s, &rows[i], err);
        if (rc)
            return rc;
        page.cursor = got.next;
    } while (page.cursor.len);
    for (size_t i = 0; i < s->segments.len; i++)
        s->stats.segments_rebuilt += s->segments.files[i]->full;
    return 0;
}

/* ------------------------------------------------------------------ files without a row */

static int has_row(struct sqlite_conn *conn, int64_t segment, bool *ret_there, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, "SELECT 1 FROM segments WHERE id=?1", &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, segment);
    rc = sqlite_step(conn, stmt, "segments", err);
    if (rc < 0)
        return rc;
    (void)sqlite3_reset(stmt);
    *ret_there = rc == 1;
    return 0;
}

/* "0000000000000001.seg" -> 1; false for any other name. */
static bool parse_name(const char *name, int64_t *ret_id)
{
    char *end = NULL;
    if (strlen(name) != 20 || strcmp(name + 16, ".seg") != 0 ||
        strspn(name, "0123456789abcdef") != 16)
        return false;
    unsigned long long id = strtoull(name, &end, 16);
    if (id > INT64_MAX)
        return false;
    *ret_id = (int64_t)id;
    return true;
}

static int clean_folder(struct sqlite_store *s, uint32_t shard, struct err *err)
{
    char path[PATH_BYTES];
    int rc = 0;
    (void)snprintf(path, sizeof path, "%s/segments/%03u", s->folder, shard);
    DIR *dir = opendir(path);
    if (!dir)
        return err_errno(err, file_errno_code(errno), errno, "cannot read %s", path);
    for (struct dirent *e = readdir(dir); e && !rc; e = readdir(dir)) {
        int64_t id = 0;
        bool there = true;
        if (!parse_name(e->d_name, &id))
            continue;
        rc = has_row(&s->writer, id, &there, err);
        if (!rc && !there && unlinkat(dirfd(dir), e->d_name, 0) != 0)
            rc = err_errno(err, file_errno_code(errno), errno, "cannot remove %s/%s", path,
                           e->d_name);
    }
    (void)closedir(dir);
    return rc;
}

static int last_id(struct sqlite_conn *conn, int64_t *ret_id, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, "SELECT coalesce(max(id),0) FROM segments", &stmt, err);
    if (rc)
        return rc;
    rc = sqlite_step(conn, stmt, "segments", err);
    if (rc < 0)
        return rc;
    *ret_id = rc == 1 ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_reset(stmt);
    return 0;
}

int sqlite_recover(struct sqlite_store *s, struct err *err)
{
    int64_t id = 0;
    int rc = recover_open(s, err);
    for (uint32_t shard = 0; shard < s->segments.config.shards && !rc; shard++)
        rc = clean_folder(s, shard, err);
    if (!rc)
        rc = last_id(&s->writer, &id, err);
    s->segments.config.next_id = id + 1;
    return rc;
}
