/* Which matcher gets which literals. See matcher.h. */
#include "detect/matcher.h"

#include <stdlib.h>

const struct matcher_ops *matcher_find(uint32_t kind)
{
    static const struct matcher_ops *const all[] = {&matcher_exact, &matcher_ac, &matcher_gram2,
                                                    &matcher_gram4, &matcher_edge};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i]->kind == kind)
            return all[i];
    }
    return NULL;
}

/* The groups that literals are sorted into, and what looks for each. Those at an end of the text
 * are apart: what looks for them only looks there. */
enum {
    WHOLE,
    SHORT_AT_START,
    SHORT_AT_END,
    SINGLE,
    SHORT,
    LONG_AT_END, /* beside LONG, which takes them in when they are few */
    LONG,
    LONG_AT_START,
    GROUPS
};

enum { EDGE_LEAST = 24 }; /* literals that are worth looking at an end for */

static const struct matcher_ops *const by_group[GROUPS] = {
    [WHOLE] = &matcher_exact, [SHORT_AT_START] = &matcher_ac, [SHORT_AT_END] = &matcher_ac,
    [SINGLE] = &matcher_ac,   [SHORT] = &matcher_gram2,       [LONG_AT_END] = &matcher_edge,
    [LONG] = &matcher_gram4,  [LONG_AT_START] = &matcher_edge};

static int group_of(const struct literal *l)
{
    if (l->where == (AT_START | AT_END))
        return WHOLE;
    bool is_long = l->text.len >= 4;
    if (l->where == AT_START)
        return is_long ? LONG_AT_START : SHORT_AT_START;
    if (l->where == AT_END)
        return is_long ? LONG_AT_END : SHORT_AT_END;
    if (is_long)
        return LONG;
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
    size_t start[GROUPS + 1] = {0};
    if (len)
        qsort(literals, len, sizeof *literals, by_group_and_item);
    for (size_t i = 0; i < len; i++)
        start[group_of(&literals[i]) + 1]++;
    for (unsigned g = 0; g < GROUPS; g++)
        start[g + 1] += start[g];
    if (start[LONG] < start[LONG + 1]) {
        if (start[LONG] - start[LONG_AT_END] < EDGE_LEAST)
            start[LONG] = start[LONG_AT_END];
        if (start[GROUPS] - start[LONG_AT_START] < EDGE_LEAST)
            start[LONG_AT_START] = start[GROUPS];
    }
    for (unsigned g = 0; g < GROUPS; g++) {
        int rc = start[g] == start[g + 1]
                     ? 0
                     : add(arg, by_group[g], literals + start[g], start[g + 1] - start[g]);
        if (rc)
            return rc;
    }
    return 0;
}
