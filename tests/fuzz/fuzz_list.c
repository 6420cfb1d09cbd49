/* Fuzz prevent lists: YAML, CSV and pasted values. Whatever is accepted is in normal form, passes
 * the guard, reads back when written in either form, and becomes an image that decides. */
#include "detect/detect.h"
#include "detect/list.h"
#include "detect/prevent.h"
#include "fuzz/fuzz.h"

static void check_refusal(void *arg, const struct err *err)
{
    (*(uint32_t *)arg)++;
    FUZZ_ASSERT(err->code < 0 && err->message[0] && err->source[0]);
}

static void check_same(const struct list *a, const struct list *b)
{
    FUZZ_ASSERT(a->len == b->len);
    for (size_t i = 0; i < a->len; i++) {
        FUZZ_ASSERT(a->entries[i].kind == b->entries[i].kind);
        FUZZ_ASSERT(a->entries[i].verdict == b->entries[i].verdict);
        FUZZ_ASSERT(a->entries[i].expires_ns == b->entries[i].expires_ns);
        FUZZ_ASSERT(str_eq(a->entries[i].value, b->entries[i].value));
    }
}

static void read_back(const struct list *list, void (*write)(const struct list *, struct buf *),
                      enum list_format format)
{
    struct list again = {0};
    struct list_counts counts = {0};
    CLEANUP(buf_done) struct buf text = {0};
    write(list, &text);
    if (list_parse(&again, buf_str(&text), format, "again", NULL, NULL, NULL, &counts, NULL))
        abort();
    check_same(list, &again);
    list_done(&again);
}

static void decide(const struct list *list)
{
    struct builder *b;
    CLEANUP(buf_done) struct buf image = {0};
    struct prevent p;
    if (builder_new(&b) || builder_add_list(b, list, NULL) || builder_finish(b, &image, NULL) ||
        prevent_open(buf_str(&image), &p, NULL))
        abort();
    builder_free(b);
    FUZZ_ASSERT(p.len <= list->len);
    for (size_t i = 0; i < list->len; i++) {
        const struct list_entry *e = &list->entries[i];
        struct code_identity id = {0};
        if (e->kind == LIST_PATH)
            id.path = e->value;
        if (e->kind == LIST_TEAM_ID)
            id.team_id = e->value;
        enum prevent_decision d = prevent_check(&p, &id, 0, NULL);
        FUZZ_ASSERT((d != PREVENT_NONE) == (e->kind == LIST_PATH || e->kind == LIST_TEAM_ID));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = fuzz_input_of(data, size);
    enum list_format format = (enum list_format)(fuzz_take_byte(&in) % 3);
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&in);
    struct list list = {0};
    struct list_counts counts = {0};
    uint32_t refused = 0;
    struct err err = {0};
    int rc = list_parse(&list, text, format, "fuzz", NULL, check_refusal, &refused, &counts, &err);
    FUZZ_ASSERT(rc == 0 || (rc == err.code && err.message[0]));
    FUZZ_ASSERT(refused == counts.refused && counts.accepted == list.len);
    for (size_t i = 0; i < list.len; i++)
        FUZZ_ASSERT(list_guard(&list.entries[i], NULL) == 0);
    if (rc == 0) {
        read_back(&list, list_write_csv, LIST_FORMAT_CSV);
        read_back(&list, list_write_yaml, LIST_FORMAT_YAML);
        decide(&list);
    }
    list_done(&list);
    return 0;
}
