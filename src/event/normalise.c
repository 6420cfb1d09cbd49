/* Recognises a record's format and has it turned into an event. See normalise.h; the formats are in
 * normalise_<format>.c, what they share in normalise_value.c and normalise_extra.c. */
#include "event/normalise.h"

#include "base/mem.h"
#include "event/normalise_priv.h"
#include "schema/param.h"

#define COUNT_FORMAT(id, name) +1
_Static_assert(NORMALISE_FORMATS == 0 EVENT_FORMAT_LIST(COUNT_FORMAT), "one row a format");
#undef COUNT_FORMAT

/* In the order in which they are tried; the last accepts any object. */
static const struct format_ops *const formats[] = {
    &normalise_eslogger, &normalise_cordon, &normalise_champollion, &normalise_fleetedr,
    &normalise_ecs,      &normalise_log,    &normalise_sigma,
};

const char *event_format_name(enum event_format format)
{
    static const char *const names[] = {
#define FORMAT_NAME(id, name) [id] = (name),
        EVENT_FORMAT_LIST(FORMAT_NAME)
#undef FORMAT_NAME
    };
    return (unsigned)format < ARRAY_LEN(names) ? names[format] : "unknown";
}

static int compile(struct normaliser *n, const struct format_ops *ops)
{
    unsigned f = ops->format;
    int rc = ops->paths(&n->tables, &n->paths[f]);
    if (rc == 0)
        rc = ndjson_paths_new(n->paths[f].list, n->paths[f].len, &n->compiled[f], NULL);
    if (rc == 0)
        rc = ndjson_new(n->compiled[f], &n->json[f]);
    return rc;
}

static int name_field(struct normaliser *n, struct str name, unsigned id)
{
    shape_add(&n->field_shapes, name);
    return map_put(&n->field_names, name, id);
}

static int name_fields(struct normaliser *n)
{
    static const char *const reserved[] = {"kind",    "time",     "event.time",
                                           "product", "category", "service"};
    int rc = 0;
    for (unsigned id = 0; rc == 0 && id < FIELD_COUNT; id++) {
        rc = name_field(n, field_table[id].name, id);
        if (rc == 0 && field_table[id].sigma.len)
            rc = name_field(n, field_table[id].sigma, id);
    }
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(reserved); i++)
        rc = name_field(n, str_of(reserved[i]), FIELD_COUNT);
    return rc;
}

static int name_kinds(struct normaliser *n)
{
    int rc = 0;
    for (unsigned k = 0; rc == 0 && k < KIND_COUNT; k++) {
        struct str category = kind_table[k].category;
        rc = map_put(&n->kinds, kind_table[k].name, k);
        if (rc == 0 && kind_table[k].es.len)
            rc = map_put(&n->kinds, kind_table[k].es, k);
        if (rc == 0 && category.len && !map_find(&n->categories, category, NULL))
            rc = map_put(&n->categories, category, k);
    }
    /* Jamf Protect's name for it. */
    return rc ? rc : map_put(&n->kinds, STR("cs_invalidate"), KIND_CS_INVALIDATED);
}

static int prepare(struct normaliser *n)
{
    static const char *const any[] = {"*", "[]"};
    int rc = ndjson_paths_new(any, ARRAY_LEN(any), &n->any_compiled, NULL);
    if (rc == 0)
        rc = ndjson_new(n->any_compiled, &n->any);
    if (rc == 0)
        rc = name_fields(n);
    if (rc == 0)
        rc = name_kinds(n);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(formats); i++)
        rc = compile(n, formats[i]);
    return rc;
}

int normaliser_new(struct normaliser **ret_normaliser)
{
    struct normaliser *n = mem_calloc(1, sizeof *n);
    if (!n)
        return E_NOMEM;
    int rc = prepare(n);
    if (rc) {
        normaliser_free(n);
        return rc;
    }
    *ret_normaliser = n;
    return 0;
}

void normaliser_free(struct normaliser *n)
{
    if (!n)
        return;
    for (size_t f = 0; f < NORMALISE_FORMATS; f++) {
        ndjson_free(n->json[f]);
        ndjson_paths_free(n->compiled[f]);
    }
    ndjson_free(n->any);
    ndjson_paths_free(n->any_compiled);
    map_done(&n->kinds);
    map_done(&n->categories);
    map_done(&n->field_names);
    arena_done(&n->arena);
    arena_done(&n->tables);
    mem_free(n->extras);
    mem_free(n->pending);
    mem_free(n);
}

/* Pick by one format's paths. @return 0 or an error that no other format could avoid */
static int pick(struct normaliser *n, const struct format_ops *ops, struct str record,
                struct err *err)
{
    struct ndjson *j = n->json[ops->format];
    int rc = ndjson_pick(j, record, err);
    if (rc)
        return rc;
    if (ndjson_root_type(j) != NDJSON_OBJECT) {
        err_at(err, NULL, 0, 1);
        return err_set(err, E_PARSE, "the record is not a JSON object");
    }
    return 0;
}

static const struct format_ops *ops_of(enum event_format format)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (formats[i]->format == format)
            return formats[i];
    }
    return NULL;
}

/* Find the format whose picks are to be used; they are made when this returns 0. */
static int recognise(struct normaliser *n, struct str record, const struct format_ops **ret_ops,
                     struct err *err)
{
    const struct format_ops *last = ops_of(n->last);
    if (last) {
        int rc = pick(n, last, record, err);
        if (rc)
            return rc;
        if (last->is(n, n->json[last->format])) {
            *ret_ops = last;
            return 0;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        const struct format_ops *ops = formats[i];
        int rc = pick(n, ops, record, err);
        if (rc)
            return rc;
        if (ops->is(n, n->json[ops->format]) || i + 1 == ARRAY_LEN(formats)) {
            n->last = ops->format;
            *ret_ops = ops;
            return 0;
        }
    }
    return err_set(err, E_INTERNAL, "no format takes the record");
}

enum event_format normaliser_expected(const struct normaliser *n)
{
    return n->last;
}

void normaliser_expect(struct normaliser *n, enum event_format format)
{
    n->last = format;
}

int normaliser_record(struct normaliser *n, struct str record, enum event_format format,
                      struct event *ev, struct err *err)
{
    event_clear(ev);
    arena_clear(&n->arena);
    n->extras_len = 0;
    n->extras_seen = 0;
    n->pending_len = 0;
    n->extras_are_fields = false;
    n->error = 0;
    if (record.len > (size_t)param_default(PARAM_EVENT_BYTES))
        return err_set(err, E_LIMIT, "the record is longer than %lld bytes",
                       (long long)param_default(PARAM_EVENT_BYTES));
    const struct format_ops *ops = ops_of(format);
    int rc = ops ? pick(n, ops, record, err) : recognise(n, record, &ops, err);
    if (rc)
        return rc;
    ops->fill(n, n->json[ops->format], ev);
    if (n->error) {
        event_clear(ev);
        return err_set(err, n->error, "the record cannot be read: %s", err_sentence(n->error));
    }
    event_set_str(ev, F_KIND, kind_table[ev->kind].name);
    if (ev->time_ns)
        event_set_int(ev, F_EVENT_TIME, ev->time_ns);
    ev->raw = record;
    ev->extras = n->extras;
    ev->extras_len = n->extras_len;
    return 0;
}
