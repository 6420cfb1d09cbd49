/* Cuts a stream into JSON objects. See reader.h.
 *
 * A line that holds exactly one object is the rule and costs one quick look; everything else
 * (several objects on a line, one over several lines) is measured by the grammar, so that damage is
 * noticed where it is: a line break inside a string, or an object that starts where none may. */
#include "event/reader.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "codec/ndjson.h"
#include "schema/param.h"

enum { FIRST_BYTES = 1 << 17 };

struct reader {
    int fd;
    struct buf buf;
    size_t pos;      /* first byte not given out yet */
    uint64_t line;   /* line of that byte, 1-based */
    uint64_t bytes;  /* given out or skipped, before buf.ptr */
    size_t line_end; /* next line break at or after pos; SIZE_MAX = none up to `searched` */
    size_t searched;
    size_t limit;
    bool ended;    /* read(2) reported the end */
    bool started;  /* the first byte was seen */
    bool in_array; /* an array around the objects is open */
    bool damaged;  /* go on at the next line that starts an object */
};

int reader_new(int fd, struct reader **ret_reader)
{
    struct reader *r = mem_calloc(1, sizeof *r);
    if (!r)
        return E_NOMEM;
    r->fd = fd;
    r->line = 1;
    r->line_end = SIZE_MAX;
    r->limit = (size_t)param_default(PARAM_EVENT_BYTES);
    *ret_reader = r;
    return 0;
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    buf_done(&r->buf);
    mem_free(r);
}

uint64_t reader_bytes(const struct reader *r)
{
    return r->bytes + r->pos;
}

/* Bytes read and not given out. */
static struct str rest_of(const struct reader *r)
{
    return str_n(r->buf.ptr ? r->buf.ptr + r->pos : NULL, r->buf.len - r->pos);
}

/* Let the counting begin anew at pos, as what is before it leaves. */
static void rebase(struct reader *r)
{
    r->bytes += r->pos;
    r->searched -= r->searched < r->pos ? r->searched : r->pos;
    if (r->line_end != SIZE_MAX && r->line_end >= r->pos) {
        r->line_end -= r->pos;
    } else if (r->line_end != SIZE_MAX) {
        r->line_end = SIZE_MAX;
        r->searched = 0;
    }
    r->pos = 0;
}

int reader_swap(struct reader *r, struct buf *io)
{
    struct str rest = rest_of(r);
    buf_clear(io);
    int rc = buf_reserve(io, rest.len < FIRST_BYTES ? FIRST_BYTES : rest.len);
    if (rc) {
        io->error = 0;
        return rc;
    }
    buf_add_str(io, rest);
    struct buf records = r->buf;
    r->buf = *io;
    *io = records;
    rebase(r);
    return 0;
}

int reader_fill(struct reader *r, struct err *err)
{
    if (r->pos) {
        buf_drop_front(&r->buf, r->pos);
        rebase(r);
    }
    size_t want = r->buf.len ? r->buf.len : FIRST_BYTES;
    if (buf_reserve(&r->buf, want)) {
        int rc = buf_check(&r->buf);
        r->buf.error = 0;
        return err_set(err, rc, "%s", err_sentence(rc));
    }
    ssize_t got = read(r->fd, r->buf.ptr + r->buf.len, r->buf.cap - 1 - r->buf.len);
    if (got < 0 && errno == EINTR)
        return err_set(err, E_AGAIN, "a signal came while waiting for input");
    if (got < 0)
        return err_errno(err, E_IO, errno, "cannot read the input");
    r->ended = got == 0;
    r->buf.len += (size_t)got;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void pass(struct reader *r, size_t len)
{
    struct str left = str_sub(rest_of(r), 0, len);
    r->pos += len;
    for (size_t at = str_find_char(left, '\n'); at != SIZE_MAX; at = str_find_char(left, '\n')) {
        r->line++;
        left = str_sub(left, at + 1, SIZE_MAX);
    }
}

/* ------------------------------------------------------------------ finding a start */

/* Go to the next line whose first character other than a blank is '{'. @return true when there */
static bool find_line_start(struct reader *r)
{
    struct str rest = rest_of(r);
    size_t newline = str_find_char(rest, '\n');
    while (newline != SIZE_MAX) {
        assert(rest.ptr);
        size_t at = newline + 1;
        while (at < rest.len && is_blank(rest.ptr[at]))
            at++;
        if (at == rest.len && !r->ended) {
            pass(r, newline); /* the line break is looked at again with what follows */
            return false;
        }
        if (at < rest.len && rest.ptr[at] == '{') {
            pass(r, at);
            return true;
        }
        size_t next = str_find_char(str_sub(rest, newline + 1, SIZE_MAX), '\n');
        newline = next == SIZE_MAX ? SIZE_MAX : newline + 1 + next;
    }
    pass(r, rest.len);
    return false;
}

/* Pass what may stand between records. @return true at a byte that may start one */
static bool find_start(struct reader *r)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct str rest = rest_of(r);
    if (!r->started && (rest.len >= 3 || r->ended)) {
        r->started = true;
        if (str_starts(rest, STR("\xef\xbb\xbf")))
            r->pos += sizeof mark - 1;
    } else if (!r->started) {
        return false;
    }
    for (; r->pos < r->buf.len; r->pos++) {
        char c = r->buf.ptr[r->pos];
        if (c == '\n')
            r->line++;
        else if (c == '[' && !r->in_array)
            r->in_array = true;
        else if (c == ']' && r->in_array)
            r->in_array = false;
        else if (!is_blank(c) && !(c == ',' && r->in_array))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ one record */

static int damage(struct reader *r, int code, const char *what, uint64_t *ret_line, struct err *err)
{
    *ret_line = r->line;
    r->damaged = true;
    err_at(err, NULL, (uint32_t)r->line, 0);
    return err_set(err, code, "%s", what);
}

/* @param one_line no line break is in the record */
static int give(struct reader *r, size_t len, bool one_line, struct str *ret_record,
                uint64_t *ret_line)
{
    *ret_record = str_sub(rest_of(r), 0, len);
    *ret_line = r->line;
    if (one_line)
        r->pos += len;
    else
        pass(r, len);
    return 0;
}

/* Length of the line that starts at pos, without its end; SIZE_MAX when its end is not there yet.
 * Remembers what was searched: a line may hold many records. */
static size_t line_len(struct reader *r)
{
    if (r->line_end == SIZE_MAX || r->line_end < r->pos) {
        size_t from = r->line_end == SIZE_MAX && r->searched > r->pos ? r->searched : r->pos;
        size_t at = str_find_char(str_n(r->buf.ptr + from, r->buf.len - from), '\n');
        r->line_end = at == SIZE_MAX ? SIZE_MAX : from + at;
        r->searched = r->buf.len;
    }
    if (r->line_end != SIZE_MAX)
        return r->line_end - r->pos;
    return r->ended ? r->buf.len - r->pos : SIZE_MAX;
}

/* Bytes of the record when it is alone on its line, else 0. */
static size_t whole_line(const struct reader *r, struct str rest, size_t len)
{
    if (len == SIZE_MAX)
        return 0;
    while (len && is_blank(rest.ptr[len - 1]))
        len--;
    if (r->in_array && len && rest.ptr[len - 1] == ',')
        len--;
    return ndjson_is_one_object(str_sub(rest, 0, len)) ? len : 0;
}

/* The record starts at pos. @return E_AGAIN when more of the input is needed */
static int cut(struct reader *r, struct str *ret_record, uint64_t *ret_line, struct err *err)
{
    struct str rest = rest_of(r);
    assert(rest.ptr && rest.len);
    if (rest.ptr[0] != '{')
        return damage(r, E_PARSE, "expected a JSON object", ret_line, err);
    size_t line = line_len(r);
    size_t len = whole_line(r, rest, line);
    bool one_line = len > 0;
    int rc = one_line ? 0 : ndjson_measure(rest, &len);
    /* Whether a fault lies in a line that is whole otherwise shows when the line has ended. */
    if (rc == E_PARSE && line == SIZE_MAX)
        rc = E_AGAIN;
    if (rc == 0 && len > r->limit)
        rc = E_LIMIT;
    switch (rc) {
    case 0:
        return give(r, len, one_line, ret_record, ret_line);
    case E_AGAIN:
        if (rest.len > r->limit)
            return damage(r, E_LIMIT, "the record is too long", ret_line, err);
        if (r->ended) {
            PLANT_OVERREAD(r->buf.ptr + r->buf.cap);
            return damage(r, E_PARSE, "the input ends inside a record", ret_line, err);
        }
        return E_AGAIN;
    case E_LIMIT:
        return damage(r, E_LIMIT, "the record is too long or too deep", ret_line, err);
    default:
        return damage(r, E_PARSE, "the record is damaged", ret_line, err);
    }
}

int reader_cut(struct reader *r, struct str *ret_record, uint64_t *ret_line, struct err *err)
{
    if (r->damaged)
        r->damaged = !find_line_start(r);
    if (!r->damaged && find_start(r)) {
        int rc = cut(r, ret_record, ret_line, err);
        if (rc != E_AGAIN)
            return rc;
    }
    return r->ended ? E_CLOSED : E_AGAIN;
}

int reader_next(struct reader *r, struct str *ret_record, uint64_t *ret_line, struct err *err)
{
    for (;;) {
        int rc = reader_cut(r, ret_record, ret_line, err);
        if (rc != E_AGAIN)
            return rc;
        rc = reader_fill(r, err);
        if (rc)
            return rc;
    }
}
