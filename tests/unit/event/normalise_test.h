/* What the tests of the normaliser share: one record in, Cordon's flat form out. */
#ifndef CORDON_TESTS_UNIT_EVENT_NORMALISE_TEST_H
#define CORDON_TESTS_UNIT_EVENT_NORMALISE_TEST_H

#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "event/event.h"
#include "event/normalise.h"

struct reading {
    struct normaliser *n;
    struct event ev;
    struct buf json;
};

static inline struct reading *reading_new(void)
{
    struct reading *r = calloc(1, sizeof *r);
    assert_non_null(r);
    assert_ok(normaliser_new(&r->n));
    return r;
}

static inline void reading_free(struct reading *r)
{
    normaliser_free(r->n);
    buf_done(&r->json);
    free(r);
}

/* Read one record, which must be good; the event is r->ev. `text` must stay. */
static inline void reading_take(struct reading *r, struct str text, enum event_format format)
{
    struct err err = {0};
    int rc = normaliser_record(r->n, text, format, &r->ev, &err);
    if (rc)
        print_error("byte %u of: %.*s\n", err.column, STR_FMT(text));
    assert_ok_err(rc, &err);
    buf_clear(&r->json);
    event_add_json(&r->json, &r->ev);
    assert_ok(buf_check(&r->json));
}

/* The event's flat form holds this piece, e.g. "\"process.pid\":7". */
#define assert_holds(r, piece) reading_assert_holds((r), (piece), __FILE__, __LINE__)
static inline void reading_assert_holds(struct reading *r, const char *piece, const char *file,
                                        int line)
{
    if (str_find(buf_str(&r->json), str_of(piece)) != SIZE_MAX)
        return;
    print_error("no %s in\n%s\n", piece, buf_cstr(&r->json));
    _fail(file, line);
}

#define assert_lacks(r, piece) reading_assert_lacks((r), (piece), __FILE__, __LINE__)
static inline void reading_assert_lacks(struct reading *r, const char *piece, const char *file,
                                        int line)
{
    if (str_find(buf_str(&r->json), str_of(piece)) == SIZE_MAX)
        return;
    print_error("%s is in\n%s\n", piece, buf_cstr(&r->json));
    _fail(file, line);
}

/* A recording of the outside world; skips the test when it is not on this machine. */
static inline FILE *open_shared(const char *name)
{
    FILE *f = fopen(test_shared_data(name), "rb");
    assert_non_null(f);
    return f;
}

#endif
