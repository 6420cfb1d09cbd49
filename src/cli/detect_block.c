/* The steps of a block. See detect_block.h. A failure is kept with its record and told by `finish`,
 * after all that comes before it. */
#include "cli/detect_block.h"

#include "base/mem.h"
#include "cli/alertprint.h"

/* Alerts are made text ahead of their turn up to here; the rest of the block waits for it. */
#define AHEAD_BYTES       (1 << 20)
#define AHEAD_EVENT_BYTES (1 << 16)

struct record {
    struct str text;
    uint64_t line;
    int rc;            /* 0, or what ends the run here */
    bool cut_badly;    /* `fault` is the reader's */
    struct err *fault; /* damaged: told and skipped */
    uint32_t alerts;   /* in the block's text, up to text_end */
    size_t text_end;
    struct match *matches; /* for the correlator: rules alone */
    int matches_len;
};

struct detect_block {
    struct detect_input *input;
    uint64_t bytes; /* of the input, up to the block's end */
    bool is_last;   /* of its input */
    int end_rc;     /* why that ends before its time */
    struct err end;
    enum event_format expected;
    enum event_format after; /* recognised last */
    struct buf memory;       /* of the records */
    struct arena arena;      /* of events and faults */
    struct buf text;         /* alerts ahead of their turn */
    size_t ahead;            /* records that were matched */
    size_t len;
    struct record records[DETECT_BLOCK_RECORDS];
    struct event events[DETECT_BLOCK_RECORDS];
};

int detect_worker_init(struct detect_worker *w, struct ruleset *set)
{
    int rc = normaliser_new(&w->normaliser);
    return rc ? rc : engine_new(set, &w->engine);
}

void detect_worker_done(struct detect_worker *w)
{
    engine_free(w->engine);
    normaliser_free(w->normaliser);
}

int detect_block_new(struct detect_block **ret_block)
{
    *ret_block = mem_calloc(1, sizeof(**ret_block));
    return *ret_block ? 0 : E_NOMEM;
}

void detect_block_free(struct detect_block *b)
{
    if (!b)
        return;
    if (b->is_last)
        detect_input_free(b->input);
    buf_done(&b->memory);
    buf_done(&b->text);
    arena_done(&b->arena);
    mem_free(b);
}

/* The run ends at this record: those behind it do not matter. */
static void end_at(struct detect_block *b, size_t i, int rc)
{
    b->records[i].rc = rc;
    b->len = i + 1;
}

static bool is_good(const struct record *r)
{
    return !r->fault && !r->rc;
}

/* ------------------------------------------------------------------ cut */

static void end_input(struct detect_block *b, int rc)
{
    b->is_last = true;
    b->end_rc = rc;
}

static struct err *keep_fault(struct detect_block *b, const struct err *fault)
{
    struct err *kept = arena_alloc(&b->arena, sizeof *kept);
    if (kept)
        *kept = *fault;
    return kept;
}

/* @return false: the block ends here */
static bool cut_record(struct detect_block *b)
{
    struct record *r = &b->records[b->len];
    struct err fault = {0};
    *r = (struct record){0};
    int rc = reader_cut(b->input->reader, &r->text, &r->line, &fault);
    if (rc == E_AGAIN && b->len)
        return false;
    if (rc == E_AGAIN)
        rc = reader_fill(b->input->reader, &fault);
    else if (rc == 0 || rc == E_PARSE || rc == E_LIMIT)
        b->len++;
    if (rc == 0 || rc == E_AGAIN)
        return true;
    if (rc == E_PARSE || rc == E_LIMIT) {
        r->cut_badly = true;
        r->fault = keep_fault(b, &fault);
        if (r->fault)
            return true;
        rc = E_NOMEM;
        b->len--;
    }
    b->end = fault;
    err_prefix(&b->end, "%s", b->input->name);
    end_input(b, rc == E_CLOSED ? 0 : rc);
    return false;
}

static void cut_records(struct detect_block *b)
{
    while (b->len < DETECT_BLOCK_RECORDS) {
        if (cli_interrupted())
            end_input(b, 0);
        if (b->is_last || !cut_record(b))
            break;
    }
    if (reader_swap(b->input->reader, &b->memory)) {
        b->len = 0;
        end_input(b, E_NOMEM);
    }
    b->bytes = reader_bytes(b->input->reader);
}

bool detect_block_cut(struct detect_block *b, const struct detect_run *run,
                      struct detect_feed *feed)
{
    if (!feed->input && (feed->next == feed->len || cli_interrupted()))
        return false;
    b->len = b->ahead = 0;
    b->is_last = false;
    b->end_rc = 0;
    err_clear(&b->end);
    arena_clear(&b->arena);
    buf_clear(&b->text);
    int rc =
        feed->input ? 0 : detect_input_open(run, feed->names[feed->next++], &feed->input, &b->end);
    b->input = feed->input;
    if (rc)
        end_input(b, rc);
    else
        cut_records(b);
    if (b->is_last)
        feed->input = NULL;
    return true;
}

/* ------------------------------------------------------------------ normalise, follow */

static int normalise(struct detect_block *b, const struct detect_run *run, struct detect_worker *w,
                     size_t i)
{
    struct record *r = &b->records[i];
    struct err fault = {0};
    r->fault = NULL;
    int rc = normaliser_record(w->normaliser, r->text, run->format, &b->events[i], &fault);
    if (rc == 0)
        return event_keep(&b->events[i], &b->arena, NULL);
    if (rc != E_NOMEM)
        r->fault = keep_fault(b, &fault);
    return r->fault ? 0 : E_NOMEM;
}

void detect_block_normalise(struct detect_block *b, const struct detect_run *run,
                            struct detect_worker *w, enum event_format expected)
{
    b->expected = expected;
    normaliser_expect(w->normaliser, expected);
    for (size_t i = 0; i < b->len; i++) {
        int rc = b->records[i].cut_badly ? 0 : normalise(b, run, w, i);
        if (rc)
            end_at(b, i, rc);
    }
    b->after = normaliser_expected(w->normaliser);
}

void detect_block_follow(struct detect_block *b, struct detect_run *run, struct detect_worker *w)
{
    bool has_ended = b->len && b->records[b->len - 1].rc;
    if (b->expected != run->expected && !has_ended)
        detect_block_normalise(b, run, w, run->expected);
    run->expected = b->after;
    for (size_t i = 0; i < b->len; i++) {
        if (!is_good(&b->records[i]))
            continue;
        struct event *ev = &b->events[i];
        struct event_fields kept = event_fields_of(ev);
        int rc = proctree_apply(b->input->tree, ev);
        if (!rc)
            rc = event_keep(ev, &b->arena, &kept);
        if (rc)
            end_at(b, i, rc);
    }
}

/* ------------------------------------------------------------------ match */

static void add_alert(const struct detect_run *run, const struct alertprint *alert,
                      struct buf *text)
{
    if (run->table)
        alertprint_add_line(text, &run->cli->out, alert);
    else
        alertprint_add_json(text, alert);
}

/* What the correlator needs of the matches, which are the engine's. */
static int keep_matches(struct detect_block *b, struct record *r, const struct match *matches)
{
    r->matches = arena_array(&b->arena, (size_t)r->matches_len, sizeof *r->matches);
    if (!r->matches)
        return E_NOMEM;
    for (int i = 0; i < r->matches_len; i++)
        r->matches[i].rule = matches[i].rule;
    return 0;
}

/* @param out where the alerts go when it is their turn already; NULL: to the block's text */
static int match(struct detect_block *b, const struct detect_run *run, struct detect_worker *w,
                 size_t i, struct out *out)
{
    struct record *r = &b->records[i];
    struct buf *text = out ? &out->text : &b->text;
    const struct match *matches;
    r->alerts = 0;
    r->matches_len = engine_match(w->engine, &b->events[i], &matches);
    if (r->matches_len < 0)
        return r->matches_len;
    for (int m = 0; m < r->matches_len; m++) {
        struct alertprint alert = {b->input->name, r->line,       run->set,
                                   &matches[m],    &b->events[i], NULL};
        if (ruleset_is_silent(run->set, matches[m].rule))
            continue;
        add_alert(run, &alert, text);
        r->alerts++;
        if (out)
            out_end_line(out);
    }
    if (!out && buf_check(&b->text))
        return buf_check(&b->text);
    return r->matches_len ? keep_matches(b, r, matches) : 0;
}

void detect_block_match(struct detect_block *b, const struct detect_run *run,
                        struct detect_worker *w)
{
    for (; b->ahead < b->len && b->text.len <= AHEAD_BYTES; b->ahead++) {
        struct record *r = &b->records[b->ahead];
        if (is_good(r) && r->text.len > AHEAD_EVENT_BYTES)
            break;
        int rc = is_good(r) ? match(b, run, w, b->ahead, NULL) : 0;
        r->text_end = b->text.len;
        if (rc)
            end_at(b, b->ahead, rc);
    }
}

/* ------------------------------------------------------------------ finish */

static int correlate(struct detect_block *b, struct detect_run *run, size_t i)
{
    struct record *r = &b->records[i];
    const struct correlated *fired = NULL;
    int count = correlator_event(b->input->correlator, &b->events[i], r->line, r->matches,
                                 r->matches_len, &fired);
    for (int k = 0; k < count; k++) {
        struct alertprint alert = {b->input->name,  r->line,       run->set,
                                   &fired[k].match, &b->events[i], &fired[k]};
        add_alert(run, &alert, &run->cli->out.text);
        out_end_line(&run->cli->out);
        run->alerts++;
    }
    return count < 0 ? count : 0;
}

static int finish_record(struct detect_block *b, struct detect_run *run, struct detect_worker *w,
                         size_t i)
{
    struct record *r = &b->records[i];
    struct out *out = &run->cli->out;
    uint64_t before = run->alerts;
    if (r->fault) {
        detect_input_fault(run, b->input, r->line, r->fault);
        return 0;
    }
    if (r->rc)
        return r->rc;
    run->events++;
    int rc = 0;
    if (i < b->ahead) {
        size_t from = i ? b->records[i - 1].text_end : 0;
        if (r->alerts) {
            detect_input_clear_progress(run);
            buf_add_str(&out->text, str_sub(buf_str(&b->text), from, r->text_end - from));
            out_end_line(out);
        }
    } else {
        detect_input_clear_progress(run);
        rc = match(b, run, w, i, out);
    }
    run->alerts += r->alerts;
    if (!rc)
        rc = correlate(b, run, i);
    if (run->alerts != before && b->input->live)
        out_flush(out);
    return rc ? rc : out->error;
}

int detect_block_finish(struct detect_block *b, struct detect_run *run, struct detect_worker *w)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < b->len; i++)
        rc = finish_record(b, run, w, i);
    if (rc)
        return rc;
    if (!b->is_last) {
        detect_input_progress(run, b->input, b->bytes);
        return 0;
    }
    rc = b->input ? detect_input_end(run, b->input, b->end_rc, &b->end) : b->end_rc;
    detect_input_free(b->input);
    b->is_last = false;
    return rc;
}
