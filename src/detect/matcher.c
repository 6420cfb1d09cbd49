/* Which matcher gets which literals. See matcher.h. */
#include "detect/matcher.h"

#include <stdlib.h>

const struct matcher_ops *matcher_find(uint32_t kind)
{
    static const struct matcher_ops *const all[] = {&matcher_exact, &matcher_ac, &matcher_gram2,
                                                    &matcher_gram4};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i]->kind == kind)
            return all[i];
    }
    return NULL;
}

/* The groups that literals are sorted into, and what looks for each. Short ones at an end of the
 * text are apart: their automaton only looks there. */
enum { WHOLE, SHORT_AT_START, SHORT_AT_END, SINGLE, SHORT, LONG, GROUPS };

static const struct matcher_ops *const by_group[GROUPS] = {
    [WHOLE] = &matcher_exact, [SHORT_AT_START] = &matcher_ac, [SHORT_AT_END] = &matcher_ac,
    [SINGLE] = &matcher_ac,   [SHORT] = &matcher_gram2,       [LONG] = &matcher_gram4};

static int group_of(const struct literal *l)
{
    if (l->where == (AT_START | AT_END))
        return WHOLE;
    if (l->text.len >= 4)
        return LONG;
    if (l->where)
        return l->where == AT_START ? SHORT_AT_START : SHORT_AT_END;
    return l->text.len == 1 ? SINGLE : SHORT;
}

static int by_group_and_item(const void *a, const void *b)
{
    const struct literal *x = a;
    const struct literal *y = b;
    if (group_of(x) != group_of(y))
        return group_of(x) - group_of(y);
    return (x->item > y->item) - (x->item < y->item);
}

int matcher_plan(struct literal *literals, size_t len, matcher_plan_fn add, void *arg)
{
    if (len)
        qsort(literals, len, sizeof *literals, by_group_and_item);
    for (size_t from = 0; from < len;) {
        int group = group_of(&literals[from]);
        size_t to = from;
        while (to < len && group_of(&literals[to]) == group)
            to++;
        int rc = add(arg, by_group[group], literals + from, to - from);
        if (rc)
            return rc;
        from = to;
    }
    return 0;
}
