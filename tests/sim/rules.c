/* Shared rulesets. See rules.h. */
#include "rules.h"

#include "base/mem.h"
#include "detect/detect.h"

enum { VERSIONS_MAX = 256 };

struct rules {
    struct {
        struct buf image;
        struct rules_entry entry;
    } kept[VERSIONS_MAX];
    size_t len;
};

int rules_new(struct rules **ret_rules)
{
    *ret_rules = mem_calloc(1, sizeof **ret_rules);
    return *ret_rules ? 0 : E_NOMEM;
}

void rules_free(struct rules *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->len; i++) {
        engine_free(r->kept[i].entry.engine);
        ruleset_unref(r->kept[i].entry.ruleset);
        buf_done(&r->kept[i].image);
    }
    mem_free(r);
}

int rules_use(struct rules *r, struct str version, struct str image, struct rules_entry *ret_entry,
              struct err *err)
{
    for (size_t i = 0; i < r->len; i++) {
        if (str_eq(ruleset_version(r->kept[i].entry.ruleset), version)) {
            *ret_entry = r->kept[i].entry;
            return 0;
        }
    }
    if (r->len == VERSIONS_MAX)
        return err_set(err, E_LIMIT, "more than %d rulesets", VERSIONS_MAX);
    struct rules_entry entry = {0};
    struct buf *kept = &r->kept[r->len].image;
    buf_add_str(kept, image);
    int rc = buf_check(kept) ? err_set(err, E_NOMEM, "out of memory") : 0;
    if (rc == 0)
        rc = ruleset_load(buf_str(kept), &entry.ruleset, err);
    if (rc == 0 && engine_new(entry.ruleset, &entry.engine))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc) {
        ruleset_unref(entry.ruleset);
        buf_done(kept);
        return rc;
    }
    r->kept[r->len++].entry = entry;
    *ret_entry = entry;
    return 0;
}
