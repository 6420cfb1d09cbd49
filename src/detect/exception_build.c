/* Writing the exceptions of an image, and which rules each is for. See exception_build.h. */
#include "detect/exception_build.h"

static const struct image_rule *rules_of(const struct builder *b)
{
    return (const struct image_rule *)(const void *)b->rules.ptr;
}

static struct str pool_text(const struct builder *b, struct image_str s)
{
    return str_n(b->pool.ptr + s.offset, s.len);
}

static int write_exception(struct builder *b, const struct exception *e,
                           struct exception_sections *out)
{
    struct image_exception record = {.expires_ns = e->expires_ns,
                                     .tests_start =
                                         builder_count(&out->tests, sizeof(struct image_test)),
                                     .tests_len = (uint32_t)e->tests_len};
    int rc = builder_string(b, e->id, &record.id);
    if (rc == 0)
        rc = builder_string(b, e->reason, &record.reason);
    for (size_t i = 0; rc == 0 && i < e->tests_len; i++) {
        struct image_test test = {.kind = e->tests[i].kind};
        rc = builder_string(b, e->tests[i].text, &test.text);
        buf_add(&out->tests, &test, sizeof test);
    }
    buf_add(&out->exceptions, &record, sizeof record);
    return rc;
}

/* The technique itself, or one below it: "T1059" covers "T1059.004". */
static bool covers(struct str tag, struct str technique)
{
    return str_starts(technique, tag) &&
           (technique.len == tag.len || technique.ptr[tag.len] == '.');
}

static bool has_technique(const struct builder *b, const struct image_rule *r, struct str tag)
{
    const struct image_str *all = (const struct image_str *)(const void *)b->techniques.ptr;
    for (uint32_t i = 0; i < r->techniques_len; i++) {
        if (covers(tag, pool_text(b, all[r->techniques_start + i])))
            return true;
    }
    return false;
}

static bool is_for(const struct builder *b, const struct exception *e, const struct image_rule *r)
{
    bool found = e->all_rules;
    for (size_t i = 0; i < e->rules_len && !found; i++)
        found = str_eq(e->rules[i], pool_text(b, r->id));
    for (size_t i = 0; i < e->tags_len && !found; i++)
        found = has_technique(b, r, e->tags[i]);
    return found;
}

static void write_index(const struct builder *b, struct exception_sections *out)
{
    uint32_t rules = builder_count(&b->rules, sizeof(struct image_rule));
    for (uint32_t rule = 0; rule <= rules; rule++) {
        uint32_t start = builder_count(&out->list, sizeof start);
        buf_add(&out->start, &start, sizeof start);
        for (uint32_t i = 0; rule < rules && i < b->exceptions.len; i++) {
            if (is_for(b, &b->exceptions.items[i], &rules_of(b)[rule]))
                buf_add(&out->list, &i, sizeof i);
        }
    }
}

int exception_build(struct builder *b, struct exception_sections *out)
{
    for (size_t i = 0; i < b->exceptions.len; i++) {
        int rc = write_exception(b, &b->exceptions.items[i], out);
        if (rc)
            return rc;
    }
    write_index(b, out);
    const struct buf *const bufs[] = {&out->exceptions, &out->tests, &out->start, &out->list};
    for (size_t i = 0; i < ARRAY_LEN(bufs); i++) {
        if (buf_check(bufs[i]))
            return buf_check(bufs[i]);
    }
    return 0;
}

void exception_sections_done(struct exception_sections *s)
{
    struct buf *const bufs[] = {&s->exceptions, &s->tests, &s->start, &s->list};
    for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
        buf_done(bufs[i]);
}
