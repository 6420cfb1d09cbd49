/* Correlations of a run. They need the events of a device in the order of their times, and segments
 * are read in any order: what concerns them is kept until all are read, then put in order. See
 * hunt_priv.h. */
#include <stdlib.h>

#include "base/mem.h"
#include "hunt/hunt_priv.h"
#include "proto/batch.h"

void taking_done(struct taking *t)
{
    mem_free(t->list);
    buf_done(&t->texts);
    *t = (struct taking){0};
}

/* ------------------------------------------------------------------ taking */

static size_t text_bytes(const struct taken *t)
{
    return t->device_len + t->line_len + t->rules_len * sizeof(uint32_t);
}

/* Once one did not fit none does: what is kept is the front of what came. */
static bool fits(const struct run *run, const struct taking *t, size_t more)
{
    return !t->cut &&
           t->texts.len + t->len * sizeof *t->list + more <= run->config->correlation_bytes_most;
}

int taking_add(struct scan *s, const struct segment_frame *f, uint32_t ordinal, struct str line,
               const struct match *matches, int count)
{
    struct taking *t = &s->taking;
    struct taken taken = {.at = t->texts.len,
                          .device_len = (uint32_t)f->device.len,
                          .line_len = (uint32_t)line.len,
                          .ordinal = ordinal,
                          .epoch = f->epoch,
                          .sequence = f->sequence,
                          .time_ns = s->event.time_ns ? s->event.time_ns : f->received_ns,
                          .received_ns = f->received_ns};
    for (int i = 0; i < count; i++)
        taken.rules_len += s->run->correlated[matches[i].rule] ? 1 : 0;
    if (taken.rules_len == 0)
        return 0;
    if (!fits(s->run, t, text_bytes(&taken) + sizeof taken)) {
        t->cut++;
        return 0;
    }
    if (mem_grow(&t->list, &t->cap, t->len + 1, sizeof *t->list))
        return E_NOMEM;
    buf_add_str(&t->texts, f->device);
    buf_add_str(&t->texts, line);
    for (int i = 0; i < count; i++) {
        if (s->run->correlated[matches[i].rule])
            buf_add(&t->texts, &matches[i].rule, sizeof matches[i].rule);
    }
    t->list[t->len++] = taken;
    return buf_check(&t->texts);
}

static int number_of(struct run *run, struct str device, uint32_t *ret_number)
{
    uint64_t number = run->device_numbers.len;
    if (!map_find(&run->device_numbers, device, &number)) {
        struct str key = arena_str(&run->device_names, device);
        if (!key.ptr || map_put(&run->device_numbers, key, number))
            return E_NOMEM;
    }
    *ret_number = (uint32_t)number;
    return 0;
}

int taking_merge(struct run *run, const struct taking *from)
{
    struct taking *t = &run->taking;
    for (size_t i = 0; i < from->len; i++) {
        struct taken taken = from->list[i];
        const char *text = from->texts.ptr + taken.at;
        if (!fits(run, t, text_bytes(&taken) + sizeof taken)) {
            t->cut++;
            continue;
        }
        if (mem_grow(&t->list, &t->cap, t->len + 1, sizeof *t->list) ||
            number_of(run, str_n(text, taken.device_len), &taken.device))
            return E_NOMEM;
        taken.at = t->texts.len;
        buf_add(&t->texts, text, text_bytes(&taken));
        t->list[t->len++] = taken;
    }
    t->cut += from->cut;
    return buf_check(&t->texts);
}

/* ------------------------------------------------------------------ correlating */

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_device_and_time(const void *a, const void *b)
{
    const struct taken *x = a;
    const struct taken *y = b;
    int order = compare(x->device, y->device);
    if (!order)
        order = compare(x->time_ns, y->time_ns);
    if (!order)
        order = compare(x->received_ns, y->received_ns);
    if (!order)
        order = (x->epoch > y->epoch) - (x->epoch < y->epoch);
    if (!order)
        order = (x->sequence > y->sequence) - (x->sequence < y->sequence);
    return order ? order : compare(x->ordinal, y->ordinal);
}

static void add_id(void *arg, uint64_t record, struct buf *out)
{
    const struct taking *t = arg;
    const struct taken *taken = &t->list[record];
    batch_event_id_add(out, str_n(t->texts.ptr + taken->at, taken->device_len), taken->epoch,
                       taken->sequence, taken->ordinal);
}

/* Give the correlator one event, as it was read before. */
static int correlate_one(struct scan *s, struct correlator *correlator, size_t index)
{
    struct taking *t = &s->run->taking;
    const struct taken *taken = &t->list[index];
    const char *text = t->texts.ptr + taken->at;
    const struct segment_frame f = {.device = str_n(text, taken->device_len),
                                    .epoch = taken->epoch,
                                    .sequence = taken->sequence,
                                    .first_ordinal = taken->ordinal,
                                    .received_ns = taken->received_ns};
    const struct correlated *fired = NULL;
    struct match *matches CLEANUP(mem_freep) = mem_calloc(taken->rules_len, sizeof *matches);
    if (!matches)
        return E_NOMEM;
    for (uint32_t i = 0; i < taken->rules_len; i++)
        memcpy(&matches[i].rule,
               text + taken->device_len + taken->line_len + i * sizeof matches[i].rule,
               sizeof matches[i].rule);
    int rc = normaliser_record(s->normaliser, str_n(text + taken->device_len, taken->line_len),
                               FORMAT_CORDON, &s->event, NULL);
    if (rc)
        return rc;
    int64_t own_ns = s->event.time_ns;
    s->event.time_ns = taken->time_ns;
    int count =
        correlator_event(correlator, &s->event, index, matches, (int)taken->rules_len, &fired);
    s->event.time_ns = own_ns;
    rc = count < 0 ? count : 0;
    for (int i = 0; i < count && !rc; i++)
        rc = scan_match(s, &f, 0, &fired[i].match, &fired[i], add_id, t);
    return rc;
}

static int correlate_all(struct scan *s)
{
    struct run *run = s->run;
    struct correlator *correlator = NULL;
    int rc = scan_clear(s);
    for (size_t i = 0; i < run->taking.len && !rc; i++) {
        if (i == 0 || run->taking.list[i].device != run->taking.list[i - 1].device) {
            correlator_free(TAKE(correlator));
            rc = correlator_new(run->config->rules, &correlator);
        }
        if (!rc)
            rc = run_stopped(run) ? E_CLOSED : correlate_one(s, correlator, i);
    }
    correlator_free(correlator);
    return rc;
}

int run_correlate(struct run *run, struct err *err)
{
    struct scan *s = mem_calloc(1, sizeof *s);
    int rc = s ? scan_init(s, run) : E_NOMEM;
    if (!rc && run->taking.len)
        qsort(run->taking.list, run->taking.len, sizeof *run->taking.list, by_device_and_time);
    if (!rc)
        rc = correlate_all(s);
    (void)pthread_mutex_lock(&run->lock);
    if (!rc)
        rc = run_hand_over(run, s, err);
    (void)pthread_mutex_unlock(&run->lock);
    if (s)
        scan_done(s);
    mem_free(s);
    return rc;
}
