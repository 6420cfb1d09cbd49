/* Correlations evaluated naively. See naive_correlation.h. */
#include "harness/naive_correlation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    bool done;
    int slot;
    int64_t ms;
    char group[NAIVE_NAMES][NAIVE_TEXT];
    char value[NAIVE_NAMES][NAIVE_TEXT];
    int64_t number;
};

/* What one event gave to one group. */
struct entry {
    struct input of;
    unsigned slots;
};

struct alerted {
    char group[NAIVE_NAMES][NAIVE_TEXT];
    int64_t ms;
};

struct state {
    struct entry entries[NAIVE_EVENTS]; /* by time, then arrival */
    int len;
    struct alerted alerted[NAIVE_EVENTS];
    int alerted_len;
};

/* A correlation that held on the current event. */
struct fire {
    int correlation;
    int64_t ms;
    char group[NAIVE_NAMES][NAIVE_TEXT];
};

struct naive {
    const struct naive_correlation *list;
    int len;
    struct state states[NAIVE_CORRELATIONS];
    struct fire fires[NAIVE_ALERTS];
    int fires_len;
    struct naive_alert *alerts;
    int alerts_len;
};

struct naive *naive_new(const struct naive_correlation *list, int len)
{
    struct naive *n = calloc(1, sizeof *n);
    if (!n)
        abort();
    n->list = list;
    n->len = len;
    return n;
}

void naive_free(struct naive *n)
{
    free(n);
}

void naive_forget(struct naive *n, int correlation)
{
    n->states[correlation].len = n->states[correlation].alerted_len = 0;
    for (int i = correlation + 1; i < n->len; i++) {
        for (int k = 0; k < n->list[i].refs_len; k++) {
            if (n->list[i].refs[k].rule == NAIVE_RULES + correlation)
                naive_forget(n, i);
        }
    }
}

const char *naive_field(const struct naive_event *e, const char *name)
{
    const struct {
        const char *name;
        const char *value;
    } fields[] = {{"What", e->what}, {"Who", e->who},     {"Actor", e->actor},
                  {"Kind", e->kind}, {"Value", e->value}, {"Count", e->count}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    }
    return NULL;
}

/* ------------------------------------------------------------------ what an event gives */

static bool text_for(const struct naive *n, const struct naive_event *e, const struct fire *f,
                     const char *name, char text[NAIVE_TEXT])
{
    const char *found = naive_field(e, name);
    for (int i = 0; f && i < n->list[f->correlation].groups_len; i++) {
        if (strcmp(n->list[f->correlation].groups[i], name) == 0)
            found = f->group[i];
    }
    if (found)
        (void)snprintf(text, NAIVE_TEXT, "%s", found);
    return found != NULL;
}

static bool takes_number(int type)
{
    return type == CORRELATION_VALUE_SUM || type == CORRELATION_VALUE_AVG ||
           type == CORRELATION_VALUE_PERCENTILE;
}

static bool make_input(const struct naive *n, const struct naive_correlation *c, int slot,
                       const struct naive_event *e, const struct fire *f, struct input *in)
{
    const struct naive_ref *ref = &c->refs[slot];
    *in = (struct input){.slot = slot, .ms = f ? f->ms : e->ms};
    for (int i = 0; i < c->groups_len; i++) {
        if (!text_for(n, e, f, ref->groups[i], in->group[i]))
            return false;
    }
    for (int i = 0; i < c->fields_len; i++) {
        if (!text_for(n, e, f, ref->fields[i], in->value[i]))
            return false;
    }
    if (!takes_number(c->type))
        return true;
    char *end;
    in->number = (int64_t)(strtod(in->value[0], &end) * 1000);
    return *end == '\0' && end != in->value[0];
}

static int gather(const struct naive *n, const struct naive_correlation *c,
                  const struct naive_event *e, struct input *inputs)
{
    int len = 0;
    for (int slot = 0; slot < c->refs_len; slot++) {
        int rule = c->refs[slot].rule;
        if (rule < NAIVE_RULES && strchr(e->what, 'a' + rule))
            len += make_input(n, c, slot, e, NULL, &inputs[len]);
        for (int i = 0; rule >= NAIVE_RULES && i < n->fires_len; i++) {
            if (n->fires[i].correlation == rule - NAIVE_RULES)
                len += make_input(n, c, slot, e, &n->fires[i], &inputs[len]);
        }
    }
    return len;
}

/* ------------------------------------------------------------------ the value of a window */

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* Longest sequence of rising slots, by trying every start. */
static int longest(const unsigned *slots, int len, int from, int above)
{
    int best = 0;
    for (int slot = above; slot < NAIVE_REFS; slot++) {
        for (int i = from; i < len; i++) {
            if (!(slots[i] >> slot & 1))
                continue;
            int rest = 1 + longest(slots, len, i + 1, slot + 1);
            best = rest > best ? rest : best;
            break; /* the earliest leaves the most behind it */
        }
    }
    return best;
}

static bool is_first(const struct entry *const *window, int at)
{
    for (int i = 0; i < at; i++) {
        if (memcmp(window[i]->of.value, window[at]->of.value, sizeof window[i]->of.value) == 0)
            return false;
    }
    return true;
}

/* Of the window that ends with the entry: num / den in thousandths. */
static void value_of(const struct state *s, const struct naive_correlation *c, int end,
                     int64_t *num, int64_t *den, int *events)
{
    static const struct entry *window[NAIVE_EVENTS];
    static int64_t numbers[NAIVE_EVENTS];
    static unsigned slots[NAIVE_EVENTS];
    const struct entry *last = &s->entries[end];
    bool sequence = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
    int len = 0;
    int distinct = 0;
    unsigned all = 0;
    int64_t sum = 0;
    *events = 0;
    for (int i = 0; i <= end; i++) {
        const struct entry *e = &s->entries[i];
        if (memcmp(e->of.group, last->of.group, sizeof e->of.group) != 0 ||
            e->of.ms < last->of.ms - c->span_ms)
            continue;
        window[len] = e;
        numbers[len] = e->of.number;
        slots[len] = e->slots;
        distinct += c->type == CORRELATION_VALUE_COUNT && is_first(window, len);
        sum += e->of.number;
        all |= e->slots;
        *events += sequence ? __builtin_popcount(e->slots) : 1;
        len++;
    }
    *den = 1;
    switch (c->type) {
    case CORRELATION_EVENT_COUNT:
        *num = len * INT64_C(1000);
        break;
    case CORRELATION_VALUE_COUNT:
        *num = distinct * INT64_C(1000);
        break;
    case CORRELATION_TEMPORAL:
        *num = __builtin_popcount(all) * INT64_C(1000);
        break;
    case CORRELATION_TEMPORAL_ORDERED:
        *num = longest(slots, len, 0, 0) * INT64_C(1000);
        break;
    case CORRELATION_VALUE_SUM:
        *num = sum;
        break;
    case CORRELATION_VALUE_AVG:
        *num = sum;
        *den = len;
        break;
    default: {
        qsort(numbers, (size_t)len, sizeof *numbers, by_number);
        int rank = (len * c->percentile + 99) / 100;
        *num = numbers[rank ? rank - 1 : 0];
    }
    }
}

static bool holds(const struct naive_correlation *c, int64_t num, int64_t den)
{
    const bool answers[BOUNDS] = {
        [BOUND_GT] = num > c->bounds[BOUND_GT] * den,
        [BOUND_GTE] = num >= c->bounds[BOUND_GTE] * den,
        [BOUND_LT] = num < c->bounds[BOUND_LT] * den,
        [BOUND_LTE] = num <= c->bounds[BOUND_LTE] * den,
        [BOUND_EQ] = num == c->bounds[BOUND_EQ] * den,
        [BOUND_NEQ] = num != c->bounds[BOUND_NEQ] * den,
    };
    for (int i = 0; i < BOUNDS; i++) {
        if ((c->bounds_set >> i & 1) && !answers[i])
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ firing */

static bool is_silent(const struct naive *n, int correlation)
{
    bool taken = false;
    for (int i = 0; i < n->len; i++) {
        for (int k = 0; k < n->list[i].refs_len; k++) {
            bool uses = n->list[i].refs[k].rule == NAIVE_RULES + correlation;
            taken |= uses;
            if (uses && n->list[i].generate)
                return false;
        }
    }
    return taken;
}

static bool is_repeated(struct state *s, const struct input *of, int64_t ms, int64_t span_ms)
{
    for (int i = 0; i < s->alerted_len; i++) {
        if (memcmp(s->alerted[i].group, of->group, sizeof of->group) == 0) {
            bool recent = llabs(ms - s->alerted[i].ms) < span_ms;
            s->alerted[i].ms = recent ? s->alerted[i].ms : ms;
            return recent;
        }
    }
    memcpy(s->alerted[s->alerted_len].group, of->group, sizeof of->group);
    s->alerted[s->alerted_len++].ms = ms;
    return false;
}

static void fire(struct naive *n, int index, const struct input *of, int64_t ms, int64_t value,
                 int events)
{
    struct fire *f = &n->fires[n->fires_len++];
    *f = (struct fire){.correlation = index, .ms = ms};
    memcpy(f->group, of->group, sizeof f->group);
    if (is_silent(n, index) || is_repeated(&n->states[index], of, ms, n->list[index].span_ms))
        return;
    struct naive_alert *a = &n->alerts[n->alerts_len++];
    (void)snprintf(a->text, sizeof a->text, "c%d %s,%s %lld %d", index, of->group[0], of->group[1],
                   (long long)value, events);
}

/* Put what the event gives to a group in its place, and look at the windows that end there or
 * later. */
static void enter(struct naive *n, int index, struct input *inputs, int len, int from)
{
    struct state *s = &n->states[index];
    const struct naive_correlation *c = &n->list[index];
    struct entry entry = {.of = inputs[from]};
    for (int i = from; i < len; i++) {
        if (memcmp(inputs[i].group, entry.of.group, sizeof entry.of.group) == 0) {
            entry.slots |= 1u << inputs[i].slot;
            inputs[i].done = true;
        }
    }
    int at = s->len++;
    for (; at > 0 && s->entries[at - 1].of.ms > entry.of.ms; at--)
        s->entries[at] = s->entries[at - 1];
    s->entries[at] = entry;
    for (int end = at; end < s->len; end++) {
        int64_t num;
        int64_t den;
        int events;
        if (memcmp(s->entries[end].of.group, entry.of.group, sizeof entry.of.group) != 0)
            continue;
        value_of(s, c, end, &num, &den, &events);
        if (holds(c, num, den)) {
            fire(n, index, &entry.of, s->entries[end].of.ms, num / den, events);
            break;
        }
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

int naive_take(struct naive *n, const struct naive_event *e,
               struct naive_alert alerts[NAIVE_ALERTS])
{
    struct input inputs[NAIVE_ALERTS * NAIVE_REFS];
    n->fires_len = n->alerts_len = 0;
    n->alerts = alerts;
    for (int c = 0; c < n->len; c++) {
        int len = gather(n, &n->list[c], e, inputs);
        for (int i = 0; i < len; i++) {
            if (!inputs[i].done)
                enter(n, c, inputs, len, i);
        }
    }
    qsort(alerts, (size_t)n->alerts_len, sizeof *alerts, by_text);
    return n->alerts_len;
}
