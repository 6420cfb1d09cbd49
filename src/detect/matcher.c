/* Which matcher gets which literals. See matcher.h. */
#include "detect/matcher.h"

#include <stdlib.h>

/* Up to this many bytes of literals an automaton stays in the fastest cache, and one pass of it
 * beats an automaton for the short literals plus a filter for the others. */
enum { AC_BYTES = 256 };

enum { GRAM_LEAST = 4 };

const struct matcher_ops *matcher_find(uint32_t kind)
{
    static const struct matcher_ops *const all[] = {&matcher_exact, &matcher_ac, &matcher_gram};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i]->kind == kind)
            return all[i];
    }
    return NULL;
}

static int class_of(const struct literal *l)
{
    if (l->where == (AT_START | AT_END))
        return 0;
    return l->text.len < GRAM_LEAST ? 1 : 2;
}

static int by_class(const void *a, const void *b)
{
    const struct literal *x = a;
    const struct literal *y = b;
    if (class_of(x) != class_of(y))
        return class_of(x) - class_of(y);
    return (x->item > y->item) - (x->item < y->item);
}

int matcher_plan(struct literal *literals, size_t len, matcher_plan_fn add, void *arg)
{
    if (len)
        qsort(literals, len, sizeof *literals, by_class);
    size_t counts[3] = {0};
    size_t bytes = 0;
    for (size_t i = 0; i < len; i++) {
        counts[class_of(&literals[i])]++;
        bytes += class_of(&literals[i]) ? literals[i].text.len : 0;
    }
    const struct literal *others = literals + counts[0];
    int rc = counts[0] ? add(arg, &matcher_exact, literals, counts[0]) : 0;
    if (rc == 0 && bytes <= AC_BYTES) {
        counts[1] += counts[2];
        counts[2] = 0;
    }
    if (rc == 0 && counts[1])
        rc = add(arg, &matcher_ac, others, counts[1]);
    if (rc == 0 && counts[2])
        rc = add(arg, &matcher_gram, others + counts[1], counts[2]);
    return rc;
}
