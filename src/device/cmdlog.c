/* Hash-chained command log and replay memory. See cmdlog.h. */
#include "device/cmdlog.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "codec/json_out.h"
#include "crypto/hash.h"
#include "os/clock.h"
#include "os/failpoint.h"
#include "os/file.h"
#include "proto/json_in.h"

enum { LOG_MAX = 256 * 1024 * 1024, LINE_MAX_BYTES = 512 * 1024 };

/* An accepted action; `end` is the detail of its "finished" line ("succeeded", "failed: why"). */
struct entry {
    struct str end;
    uint64_t generation; /* of the desired state it sets, 0 = none */
};

struct cmdlog {
    int fd;
    uint64_t bytes; /* length of the good part */
    uint64_t generation;
    char last_hash[HASH_HEX_BYTES]; /* of the last line, "" before the first */
    struct map seen;                /* action id -> struct entry */
    struct arena ids;               /* owns keys and entries */
    struct buf line;
};

static int remember(struct cmdlog *log, struct str action, struct str end, uint64_t generation)
{
    struct entry *entry = map_find_ptr(&log->seen, action);
    if (!entry) {
        struct str key = arena_str(&log->ids, action);
        entry = arena_alloc(&log->ids, sizeof *entry);
        if (!key.ptr || !entry || map_put_ptr(&log->seen, key, entry) != 0)
            return E_NOMEM;
    }
    if (generation)
        entry->generation = generation;
    if (generation > log->generation)
        log->generation = generation;
    if (end.len) {
        entry->end = arena_str(&log->ids, end);
        if (!entry->end.ptr)
            return E_NOMEM;
    }
    return 0;
}

static int take_line(struct cmdlog *log, struct str line, struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct str previous, verb, action, detail;
    int64_t generation;
    int rc = json_in_object(line, LINE_MAX_BYTES, &o, err);
    if (rc || (rc = json_in_text(o, "previous", false, HASH_HEX_BYTES, &arena, &previous, err)) ||
        (rc = json_in_text(o, "verb", true, 32, &arena, &verb, err)) ||
        (rc = json_in_text(o, "action", false, 256, &arena, &action, err)) ||
        (rc = json_in_text(o, "detail", false, LINE_MAX_BYTES, &arena, &detail, err)) ||
        (rc = json_in_int(o, "generation", false, 0, &generation, err)))
        return rc;
    if (!str_is(previous, log->last_hash))
        return err_set(err, E_CRYPTO, "the chain of the command log is broken here");
    rc = hash_sha256_hex(line, log->last_hash);
    if (rc)
        return rc;
    if (str_is(verb, "accepted"))
        return remember(log, action, STR(""), generation > 0 ? (uint64_t)generation : 0);
    if (str_is(verb, "finished"))
        return remember(log, action, detail.len ? detail : STR("unknown"), 0);
    return 0;
}

static int load(struct cmdlog *log, const char *path, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    int rc = file_read(path, LOG_MAX, &text, err);
    if (rc == E_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    if (rc)
        return rc;
    uint32_t number = 0;
    struct str rest = buf_str(&text);
    while (rest.len) {
        size_t end = str_find_char(rest, '\n');
        /* A line without its end was being written when the power went: it was not acted upon. */
        if (end == SIZE_MAX)
            break;
        number++;
        rc = take_line(log, str_sub(rest, 0, end), err);
        if (rc) {
            err_at(err, path, number, 0);
            return rc;
        }
        log->bytes += end + 1;
        rest = str_sub(rest, end + 1, SIZE_MAX);
    }
    return 0;
}

int cmdlog_open(const char *path, struct cmdlog **ret_log, struct err *err)
{
    struct cmdlog *log = mem_calloc(1, sizeof *log);
    if (!log)
        return err_set(err, E_NOMEM, "command log: out of memory");
    log->fd = -1;
    int rc = load(log, path, err);
    if (rc == 0) {
        log->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (log->fd < 0)
            rc = err_errno(err, file_errno_code(errno), errno, "cannot open %s", path);
        else if (ftruncate(log->fd, (off_t)log->bytes) != 0)
            rc = err_errno(err, E_IO, errno, "cannot cut the torn end of %s", path);
    }
    if (rc) {
        cmdlog_free(log);
        return rc;
    }
    *ret_log = log;
    return 0;
}

void cmdlog_free(struct cmdlog *log)
{
    if (!log)
        return;
    fd_closep(&log->fd);
    map_done(&log->seen);
    arena_done(&log->ids);
    buf_done(&log->line);
    mem_free(log);
}

bool cmdlog_seen(const struct cmdlog *log, struct str action)
{
    return map_find_ptr(&log->seen, action) != NULL;
}

bool cmdlog_find(const struct cmdlog *log, struct str action, struct str *ret_state,
                 struct str *ret_reason)
{
    const struct entry *entry = map_find_ptr(&log->seen, action);
    if (!entry)
        return false;
    size_t colon = str_find(entry->end, STR(": "));
    *ret_state = str_sub(entry->end, 0, colon);
    *ret_reason = colon == SIZE_MAX ? STR("") : str_sub(entry->end, colon + 2, SIZE_MAX);
    return true;
}

uint64_t cmdlog_generation(const struct cmdlog *log)
{
    return log->generation;
}

static int write_line(struct cmdlog *log)
{
    int injected = FAILPOINT("cmdlog.append.before");
    if (injected)
        return file_errno_code(injected);
    if (lseek(log->fd, (off_t)log->bytes, SEEK_SET) < 0)
        return E_IO;
    int rc = file_write_all(log->fd, log->line.ptr, log->line.len);
    if (rc == 0 && (injected = FAILPOINT("cmdlog.append.after")) != 0)
        rc = file_errno_code(injected);
    if (rc == 0 && (injected = FAILPOINT("cmdlog.fsync.before")) != 0)
        rc = file_errno_code(injected);
    if (rc == 0)
        rc = file_sync(log->fd);
    if (rc == 0)
        (void)FAILPOINT("cmdlog.fsync.after");
    return rc;
}

int cmdlog_add(struct cmdlog *log, const char *verb, struct str action, struct str name,
               struct str detail, int64_t expires_ns, uint64_t generation, struct err *err)
{
    buf_clear(&log->line);
    struct json_out j = {.out = &log->line};
    json_object_begin(&j);
    json_kv_cstr(&j, "previous", log->last_hash);
    json_kv_time(&j, "time", clock_wall_ns());
    json_kv_cstr(&j, "verb", verb);
    json_kv_str(&j, "action", action);
    json_kv_str(&j, "name", name);
    json_kv_str(&j, "detail", str_sub(detail, 0, 1024));
    if (expires_ns)
        json_kv_time(&j, "expires", expires_ns);
    if (generation)
        json_kv_uint(&j, "generation", generation);
    json_object_end(&j);
    int rc = buf_check(&log->line);
    if (rc)
        return err_set(err, rc, "command log: out of memory");
    char hash[HASH_HEX_BYTES];
    rc = hash_sha256_hex(buf_str(&log->line), hash);
    if (rc)
        return err_set(err, rc, "command log: out of memory");
    buf_add_char(&log->line, '\n');
    rc = buf_check(&log->line);
    if (rc == 0)
        rc = write_line(log);
    if (rc) {
        if (ftruncate(log->fd, (off_t)log->bytes) != 0)
            return err_set(err, rc, "command log: cannot write, and cannot cut what was written");
        return err_set(err, rc, "cannot write the command log: %s", err_sentence(rc));
    }
    log->bytes += log->line.len;
    memcpy(log->last_hash, hash, sizeof hash);
    if (str_is(str_of(verb), "accepted"))
        rc = remember(log, action, STR(""), generation);
    else if (str_is(str_of(verb), "finished"))
        rc = remember(log, action, detail.len ? detail : STR("unknown"), 0);
    return rc ? err_set(err, rc, "command log: out of memory") : 0;
}

void cmdlog_unfinished(const struct cmdlog *log,
                       void (*fn)(void *arg, struct str action, uint64_t generation), void *arg)
{
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&log->seen, &pos); slot;
         slot = map_next(&log->seen, &pos)) {
        const struct entry *entry = (const struct entry *)(uintptr_t)slot->value;
        if (entry->end.len == 0)
            fn(arg, slot->key, entry->generation);
    }
}
