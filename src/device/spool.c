/* Durable queue of batches. See spool.h. */
#include "device/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rd.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "os/failpoint.h"
#include "os/file.h"
#include "os/random.h"
#include "schema/param.h"

enum {
    HEADER_BYTES = 56,
    DIGEST_BYTES = 8,
    FILE_BYTES = 4 * 1024 * 1024, /* a new file is begun beyond this */
    STATE_MAX = 4096
};

#define FRAME_MAGIC UINT32_C(0x43535031) /* "CSP1" */

/* One frame that waits to be acknowledged. */
struct frame {
    uint64_t sequence;
    uint64_t file; /* first sequence of its file: the name */
    uint64_t offset;
    uint32_t payload_len;
    uint32_t events;
};

struct spool {
    pthread_mutex_t lock;
    char *folder;
    uint64_t epoch;
    uint64_t limit_bytes;
    uint64_t next_sequence;
    uint64_t acked;
    uint64_t bytes;
    uint64_t cut_bytes;
    uint64_t waiting_events;
    unsigned char token[SPOOL_TOKEN_BYTES];
    uint64_t last_record; /* of `token` */
    struct frame *frames; /* oldest first; frames_start.. are live */
    size_t frames_start;
    size_t frames_len;
    size_t frames_cap;
    int fd; /* file being written, -1 = begin a new one */
    uint64_t file;
    uint64_t file_bytes;
    struct buf scratch;
};

static void path_of(const struct spool *s, uint64_t file, struct buf *out)
{
    buf_clear(out);
    buf_addf(out, "%s/%020llu.spool", s->folder, (unsigned long long)file);
}

/* The digest covers everything of the frame behind itself. */
static int digest_frame(struct str rest, unsigned char out[DIGEST_BYTES])
{
    unsigned char full[HASH_BYTES];
    int rc = hash_sha256(rest, full);
    if (rc == 0)
        memcpy(out, full, DIGEST_BYTES);
    return rc;
}

static int add_frame(struct spool *s, struct frame f)
{
    if (s->frames_start > 1024 && s->frames_start > s->frames_len / 2) {
        memmove(s->frames, s->frames + s->frames_start,
                (s->frames_len - s->frames_start) * sizeof *s->frames);
        s->frames_len -= s->frames_start;
        s->frames_start = 0;
    }
    if (mem_grow(&s->frames, &s->frames_cap, s->frames_len + 1, sizeof *s->frames))
        return E_NOMEM;
    s->frames[s->frames_len++] = f;
    s->waiting_events += f.events;
    return 0;
}

/* ---------------------------------------------------------------- state file: epoch, acknowledged,
 * record */

static int save_state(struct spool *s, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct buf text CLEANUP(buf_done) = {0};
    buf_addf(&path, "%s/state", s->folder);
    buf_addf(&text, "%llu %llu %llu ", (unsigned long long)s->epoch, (unsigned long long)s->acked,
             (unsigned long long)s->last_record);
    for (size_t i = 0; i < sizeof s->token; i++)
        buf_addf(&text, "%02x", s->token[i]);
    buf_add_char(&text, '\n');
    if (buf_check(&path) || buf_check(&text))
        return err_set(err, E_NOMEM, "spool state: out of memory");
    return file_write_atomic(buf_cstr(&path), buf_str(&text), 0600, err);
}

static int parse_state(struct spool *s, struct str text)
{
    struct str word[4] = {0};
    text = str_trim(text);
    for (size_t i = 0; i < ARRAY_LEN(word); i++) {
        if (!str_next(&text, ' ', &word[i]))
            return E_PARSE;
    }
    size_t got;
    if (word[3].len != SPOOL_TOKEN_BYTES * 2 || str_to_u64(word[0], &s->epoch) ||
        str_to_u64(word[1], &s->acked) || str_to_u64(word[2], &s->last_record) ||
        text_hex_decode(word[3], s->token, sizeof s->token, &got))
        return E_PARSE;
    return 0;
}

static int load_state(struct spool *s, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct buf text CLEANUP(buf_done) = {0};
    buf_addf(&path, "%s/state", s->folder);
    int rc = file_read(buf_cstr(&path), STATE_MAX, &text, err);
    if (rc == 0 && parse_state(s, buf_str(&text)) == 0)
        return 0;
    if (rc && rc != E_NOT_FOUND)
        return rc;
    /* No state, or a damaged one: what lies here cannot be told from what was sent; a new epoch
     * makes the server treat every frame as new, and none is lost. */
    err_clear(err);
    s->epoch = 1 + random_below(INT64_MAX - 1);
    s->acked = 0;
    s->last_record = 0;
    return save_state(s, err);
}

/* ---------------------------------------------------------------- opening */

/* Take over the frames of one file; stops at the first that is torn and cuts there. */
static int load_file(struct spool *s, uint64_t file, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct buf bytes CLEANUP(buf_done) = {0};
    path_of(s, file, &path);
    size_t most = FILE_BYTES + (size_t)param_default(PARAM_BATCH_BYTES) + HEADER_BYTES;
    int rc = file_read(buf_cstr(&path), most, &bytes, err);
    if (rc)
        return rc;
    size_t at = 0;
    while (bytes.len - at >= HEADER_BYTES) {
        struct rd r = rd_of(str_n(bytes.ptr + at, HEADER_BYTES));
        struct str want = rd_bytes(&r, DIGEST_BYTES);
        uint32_t magic = rd_u32(&r);
        uint32_t len = rd_u32(&r);
        uint64_t sequence = rd_u64(&r);
        uint64_t record = rd_u64(&r);
        struct str token = rd_bytes(&r, SPOOL_TOKEN_BYTES);
        uint32_t events = rd_u32(&r);
        unsigned char digest[DIGEST_BYTES];
        if (magic != FRAME_MAGIC || len > bytes.len - at - HEADER_BYTES)
            break;
        struct str rest = str_n(bytes.ptr + at + DIGEST_BYTES, HEADER_BYTES - DIGEST_BYTES + len);
        rc = digest_frame(rest, digest);
        if (rc)
            return err_set(err, rc, "spool: out of memory");
        if (memcmp(digest, want.ptr, DIGEST_BYTES) != 0)
            break;
        if (sequence >= s->next_sequence)
            s->next_sequence = sequence + 1;
        if (sequence > s->acked) {
            rc = add_frame(s, (struct frame){sequence, file, at, len, events});
            if (rc)
                return err_set(err, rc, "spool: out of memory");
            memcpy(s->token, token.ptr, SPOOL_TOKEN_BYTES);
            s->last_record = record;
        }
        at += HEADER_BYTES + len;
    }
    if (at < bytes.len) {
        s->cut_bytes += bytes.len - at;
        if (truncate(buf_cstr(&path), (off_t)at) != 0)
            return err_errno(err, E_IO, errno, "cannot cut the torn end of %s", buf_cstr(&path));
    }
    s->bytes += at;
    return 0;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int list_files(const struct spool *s, uint64_t **ret_files, size_t *ret_len, struct err *err)
{
    DIR *dir = opendir(s->folder);
    if (!dir)
        return err_errno(err, file_errno_code(errno), errno, "cannot list %s", s->folder);
    uint64_t *files = NULL;
    size_t len = 0;
    size_t cap = 0;
    int rc = 0;
    for (struct dirent *e = readdir(dir); e && rc == 0; e = readdir(dir)) {
        struct str name = str_of(e->d_name);
        uint64_t first;
        if (!str_ends(name, STR(".spool")) || str_to_u64(str_sub(name, 0, name.len - 6), &first))
            continue;
        rc = mem_grow(&files, &cap, len + 1, sizeof *files);
        if (rc == 0)
            files[len++] = first;
    }
    (void)closedir(dir);
    if (rc) {
        mem_free(files);
        return err_set(err, rc, "spool: out of memory");
    }
    if (len)
        qsort(files, len, sizeof *files, compare_u64);
    *ret_files = files;
    *ret_len = len;
    return 0;
}

/* A file whose every frame was acknowledged is of no more use. */
static void unlink_if_done(struct spool *s, uint64_t file)
{
    if (s->frames_start < s->frames_len && s->frames[s->frames_start].file <= file)
        return;
    if (s->fd >= 0 && s->file == file)
        return;
    struct buf path CLEANUP(buf_done) = {0};
    struct stat st;
    path_of(s, file, &path);
    if (stat(buf_cstr(&path), &st) != 0)
        return;
    if (FAILPOINT("spool.unlink.before") == 0 && unlink(buf_cstr(&path)) == 0)
        s->bytes -= (uint64_t)st.st_size < s->bytes ? (uint64_t)st.st_size : s->bytes;
    (void)FAILPOINT("spool.unlink.after");
}

static int load_all(struct spool *s, struct err *err)
{
    uint64_t *files CLEANUP(mem_freep) = NULL;
    size_t len = 0;
    int rc = list_files(s, &files, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = load_file(s, files[i], err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        unlink_if_done(s, files[i]);
    return rc;
}

int spool_open(const char *folder, uint64_t limit_bytes, struct spool **ret_spool, struct err *err)
{
    int rc = file_mkdirs(folder, 0700, err);
    if (rc)
        return rc;
    struct spool *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_set(err, E_NOMEM, "spool: out of memory");
    s->fd = -1;
    s->limit_bytes = limit_bytes;
    s->next_sequence = 1;
    (void)pthread_mutex_init(&s->lock, NULL);
    s->folder = mem_strdup(folder);
    rc = s->folder ? load_state(s, err) : err_set(err, E_NOMEM, "spool: out of memory");
    if (rc == 0) {
        s->next_sequence = s->acked + 1;
        rc = load_all(s, err);
    }
    if (rc) {
        spool_free(s);
        return rc;
    }
    *ret_spool = s;
    return 0;
}

void spool_free(struct spool *s)
{
    if (!s)
        return;
    fd_closep(&s->fd);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s->frames);
    mem_free(s->folder);
    buf_done(&s->scratch);
    mem_free(s);
}

uint64_t spool_epoch(const struct spool *s)
{
    return s->epoch;
}

uint64_t spool_next_sequence(const struct spool *s)
{
    return s->next_sequence;
}

uint64_t spool_last_record(struct spool *s, const unsigned char token[SPOOL_TOKEN_BYTES])
{
    (void)pthread_mutex_lock(&s->lock);
    uint64_t record = memcmp(s->token, token, SPOOL_TOKEN_BYTES) == 0 ? s->last_record : 0;
    (void)pthread_mutex_unlock(&s->lock);
    return record;
}

/* ---------------------------------------------------------------- appending */

static int build_frame(struct spool *s, const struct spool_batch *b)
{
    static const unsigned char no_digest[DIGEST_BYTES];
    struct buf *out = &s->scratch;
    buf_clear(out);
    buf_add(out, no_digest, sizeof no_digest);
    buf_add_u32(out, FRAME_MAGIC);
    buf_add_u32(out, (uint32_t)b->payload.len);
    buf_add_u64(out, s->next_sequence);
    buf_add_u64(out, b->last_record);
    buf_add(out, b->token, sizeof b->token);
    buf_add_u32(out, b->events);
    buf_add_u32(out, b->alerts);
    buf_add_str(out, b->payload);
    if (buf_check(out))
        return buf_check(out);
    return digest_frame(str_sub(buf_str(out), DIGEST_BYTES, SIZE_MAX), (unsigned char *)out->ptr);
}

static int begin_file(struct spool *s, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    path_of(s, s->next_sequence, &path);
    int fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot make %s", buf_cstr(&path));
    int dir = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = dir >= 0 && fsync(dir) == 0;
    if (dir >= 0)
        (void)close(dir);
    if (!synced) {
        (void)close(fd);
        return err_errno(err, E_IO, errno, "cannot sync %s", s->folder);
    }
    s->fd = fd;
    s->file = s->next_sequence;
    s->file_bytes = 0;
    return 0;
}

static int write_frame(struct spool *s)
{
    int injected = FAILPOINT("spool.append.before");
    int rc = injected ? file_errno_code(injected)
                      : file_write_all(s->fd, s->scratch.ptr, s->scratch.len);
    if (rc == 0 && (injected = FAILPOINT("spool.append.after")) != 0)
        rc = file_errno_code(injected);
    if (rc == 0 && (injected = FAILPOINT("spool.fsync.before")) != 0)
        rc = file_errno_code(injected);
    if (rc == 0)
        rc = file_sync(s->fd);
    if (rc == 0)
        (void)FAILPOINT("spool.fsync.after");
    return rc;
}

/* What a failed append left behind is cut. Its sequence number is never used again: should the cut
 * fail too, two frames of one number with different content would make the server drop the second.
 */
static void give_up_file(struct spool *s)
{
    if (ftruncate(s->fd, (off_t)s->file_bytes) != 0)
        s->cut_bytes++;
    fd_closep(&s->fd);
    s->next_sequence++;
}

static int append_locked(struct spool *s, const struct spool_batch *b, struct err *err)
{
    size_t size = HEADER_BYTES + b->payload.len;
    if (s->bytes + size > s->limit_bytes)
        return err_set(err, E_FULL, "the spool is full: %llu of %llu bytes",
                       (unsigned long long)s->bytes, (unsigned long long)s->limit_bytes);
    if (s->fd >= 0 && s->file_bytes >= FILE_BYTES)
        fd_closep(&s->fd);
    int rc = s->fd < 0 ? begin_file(s, err) : 0;
    if (rc)
        return rc;
    rc = build_frame(s, b);
    if (rc)
        return err_set(err, rc, "spool: out of memory");
    struct frame f = {s->next_sequence, s->file, s->file_bytes, (uint32_t)b->payload.len,
                      b->events};
    rc = add_frame(s, f);
    if (rc)
        return err_set(err, rc, "spool: out of memory");
    rc = write_frame(s);
    if (rc) {
        s->frames_len--;
        s->waiting_events -= f.events;
        give_up_file(s);
        return err_set(err, rc, "cannot append to the spool: %s", err_sentence(rc));
    }
    s->next_sequence++;
    s->file_bytes += size;
    s->bytes += size;
    memcpy(s->token, b->token, sizeof s->token);
    s->last_record = b->last_record;
    return 0;
}

int spool_append(struct spool *s, const struct spool_batch *batch, struct err *err)
{
    if (batch->payload.len > (size_t)param_default(PARAM_BATCH_BYTES))
        return err_set(err, E_LIMIT, "batch of %zu bytes, at most %lld are allowed",
                       batch->payload.len, (long long)param_default(PARAM_BATCH_BYTES));
    (void)pthread_mutex_lock(&s->lock);
    int rc = append_locked(s, batch, err);
    (void)pthread_mutex_unlock(&s->lock);
    return rc;
}

/* ---------------------------------------------------------------- reading and acknowledging */

int spool_peek(struct spool *s, struct buf *out, uint64_t *ret_sequence, uint32_t *ret_events,
               struct err *err)
{
    (void)pthread_mutex_lock(&s->lock);
    bool any = s->frames_start < s->frames_len;
    struct frame f = any ? s->frames[s->frames_start] : (struct frame){0};
    (void)pthread_mutex_unlock(&s->lock);
    if (!any)
        return E_NOT_FOUND;
    struct buf path CLEANUP(buf_done) = {0};
    path_of(s, f.file, &path);
    int fd CLEANUP(fd_closep) = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_errno(err, E_IO, errno, "cannot open %s", buf_cstr(&path));
    buf_clear(out);
    if (buf_reserve(out, f.payload_len))
        return err_set(err, E_NOMEM, "spool: out of memory");
    int rc = file_pread_all(fd, out->ptr, f.payload_len, f.offset + HEADER_BYTES);
    if (rc)
        return err_set(err, E_IO, "cannot read batch %llu from %s", (unsigned long long)f.sequence,
                       buf_cstr(&path));
    out->len = f.payload_len;
    *ret_sequence = f.sequence;
    *ret_events = f.events;
    return 0;
}

int spool_ack(struct spool *s, uint64_t sequence, struct err *err)
{
    (void)pthread_mutex_lock(&s->lock);
    uint64_t first_file = s->frames_start < s->frames_len ? s->frames[s->frames_start].file : 0;
    while (s->frames_start < s->frames_len && s->frames[s->frames_start].sequence <= sequence) {
        struct frame f = s->frames[s->frames_start++];
        s->waiting_events -= f.events;
        if (f.sequence > s->acked)
            s->acked = f.sequence;
    }
    int rc = save_state(s, err);
    uint64_t next_file =
        s->frames_start < s->frames_len ? s->frames[s->frames_start].file : s->next_sequence;
    if (rc == 0 && first_file && next_file != first_file)
        unlink_if_done(s, first_file);
    (void)pthread_mutex_unlock(&s->lock);
    return rc;
}

void spool_stats(struct spool *s, struct spool_stats *ret_stats)
{
    (void)pthread_mutex_lock(&s->lock);
    *ret_stats = (struct spool_stats){.waiting_batches = s->frames_len - s->frames_start,
                                      .waiting_events = s->waiting_events,
                                      .bytes = s->bytes,
                                      .next_sequence = s->next_sequence,
                                      .cut_bytes = s->cut_bytes};
    (void)pthread_mutex_unlock(&s->lock);
}
