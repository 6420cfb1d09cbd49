/* PCRE2 behind limits. See regex.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "detect/regex.h"

#include <pcre2.h>

#include "base/mem.h"
#include "os/clock.h"

struct regex {
    pcre2_code *code;
    bool anchored; /* can only match at the beginning */
};

struct regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static void *library_alloc(size_t size, void *arg)
{
    (void)arg;
    return mem_alloc(size);
}

static void library_free(void *ptr, void *arg)
{
    (void)arg;
    mem_free(ptr);
}

static pcre2_general_context *new_general(void)
{
    return pcre2_general_context_create(library_alloc, library_free, NULL);
}

static uint32_t options_of(uint32_t flags)
{
    uint32_t options =
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    if (flags & REGEX_CASELESS)
        options |= PCRE2_CASELESS;
    if (flags & REGEX_MULTILINE)
        options |= PCRE2_MULTILINE;
    if (flags & REGEX_DOTALL)
        options |= PCRE2_DOTALL;
    if (flags & REGEX_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    return options;
}

static int compile(struct str pattern, uint32_t flags, pcre2_compile_context *context,
                   pcre2_code **ret_code, struct err *err)
{
    int number;
    PCRE2_SIZE offset;
    (void)pcre2_set_parens_nest_limit(context, REGEX_NEST_MOST);
    (void)pcre2_set_max_pattern_length(context, REGEX_PATTERN_BYTES);
    const char *text = pattern.ptr ? pattern.ptr : "";
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, pattern.len, options_of(flags), &number, &offset, context);
    if (code) {
        *ret_code = code;
        return 0;
    }
    if (number == PCRE2_ERROR_NOMEMORY || number == PCRE2_ERROR_HEAP_FAILED)
        return err_set(err, E_NOMEM, "out of memory");
    char message[200];
    (void)pcre2_get_error_message(number, (PCRE2_UCHAR *)message, sizeof message);
    return err_set(err, E_PARSE, "regular expression: %s (at byte %zu)", message, offset);
}

int regex_new(struct str pattern, uint32_t flags, bool jit, struct regex **ret_regex,
              struct err *err)
{
    pcre2_general_context *general = new_general();
    pcre2_compile_context *context = general ? pcre2_compile_context_create(general) : NULL;
    struct regex *r = context ? mem_calloc(1, sizeof *r) : NULL;
    int rc = r ? compile(pattern, flags, context, &r->code, err)
               : err_set(err, E_NOMEM, "out of memory");
    pcre2_compile_context_free(context);
    pcre2_general_context_free(general);
    if (rc) {
        mem_free(r);
        return rc;
    }
    /* Where this fails (no support, no memory) the pattern is interpreted. */
    if (jit)
        (void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
    r->anchored = (flags & REGEX_WHOLE) != 0;
    *ret_regex = r;
    return 0;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_code_free(r->code);
    mem_free(r);
}

int regex_scratch_new(struct regex_scratch **ret_scratch)
{
    struct regex_scratch *s = mem_calloc(1, sizeof *s);
    pcre2_general_context *general = s ? new_general() : NULL;
    if (general) {
        s->data = pcre2_match_data_create(1, general);
        s->context = pcre2_match_context_create(general);
        s->stack = pcre2_jit_stack_create(32 * 1024, REGEX_JIT_STACK_BYTES, general);
    }
    pcre2_general_context_free(general);
    /* Without a JIT stack of its own the library uses a small one: slower, not wrong. */
    if (!s || !s->data || !s->context) {
        regex_scratch_free(s);
        return E_NOMEM;
    }
    (void)pcre2_set_match_limit(s->context, REGEX_MATCH_LIMIT);
    (void)pcre2_set_heap_limit(s->context, REGEX_HEAP_KIB);
    if (s->stack)
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    *ret_scratch = s;
    return 0;
}

void regex_scratch_free(struct regex_scratch *s)
{
    if (!s)
        return;
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    pcre2_jit_stack_free(s->stack);
    mem_free(s);
}

/* Matches that start at `from` up to `last`. */
static int match_window(const struct regex *r, struct regex_scratch *s, struct str text,
                        size_t from, size_t last)
{
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.ptr ? text.ptr : "");
    (void)pcre2_set_offset_limit(s->context, last);
    int rc = pcre2_match(r->code, subject, text.len, from, 0, s->data, s->context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(r->code, subject, text.len, from, PCRE2_NO_JIT, s->data, s->context);
    return rc;
}

/* The first byte of a character at or after `at`. */
static size_t character_at(struct str text, size_t at)
{
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
        at++;
    return at;
}

/* A clock of CPU time is a system call; while little time has passed no more can be spent. So the
 * first half of the budget is counted in time that passes. */
struct budget {
    int64_t mono_end_ns; /* 0 = not begun */
    int64_t cpu_end_ns;  /* of the second half, 0 = not begun */
};

static bool is_spent(struct budget *b)
{
    const int64_t half_ns = INT64_C(500000) * REGEX_BUDGET_MS;
    if (b->cpu_end_ns)
        return clock_thread_cpu_ns() > b->cpu_end_ns;
    int64_t now_ns = clock_mono_ns();
    if (b->mono_end_ns == 0)
        b->mono_end_ns = now_ns + half_ns;
    else if (now_ns > b->mono_end_ns)
        b->cpu_end_ns = clock_thread_cpu_ns() + half_ns;
    return false;
}

static int match_long(const struct regex *r, struct regex_scratch *s, struct str text)
{
    struct budget budget = {0};
    int rc = PCRE2_ERROR_NOMATCH;
    for (size_t from = 0; rc == PCRE2_ERROR_NOMATCH && from <= text.len;) {
        size_t next =
            from + REGEX_WINDOW < text.len ? character_at(text, from + REGEX_WINDOW) : text.len + 1;
        if (from && is_spent(&budget))
            return PCRE2_ERROR_MATCHLIMIT;
        rc = match_window(r, s, text, from, next - 1);
        from = next;
    }
    return rc;
}

int regex_match(const struct regex *r, struct regex_scratch *s, struct str text)
{
    bool cut = text.len > REGEX_TEXT_BYTES;
    if (cut)
        text.len = REGEX_TEXT_BYTES;
    int rc = text.len > REGEX_WINDOW && !r->anchored ? match_long(r, s, text)
                                                     : match_window(r, s, text, 0, text.len);
    if (rc >= 0)
        return 1;
    if (rc == PCRE2_ERROR_NOMATCH)
        return cut ? E_LIMIT : 0;
    return rc == PCRE2_ERROR_NOMEMORY ? E_NOMEM : E_LIMIT;
}
