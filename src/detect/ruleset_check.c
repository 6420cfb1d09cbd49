/* Every record of a foreign image, once, before anything follows it. Called by ruleset_load. Checks
 * are linear in the size of the image: ranges that belong together must follow each other, so that
 * no content can be claimed twice. */
#include "detect/ruleset_priv.h"

#include "detect/cidr.h"
#include "detect/exception.h"
#include "detect/regex.h"
#include "detect/sigma.h"
#include "detect/timepart.h"
#include "detect/yara_files.h"

static int bad(struct err *err, const char *what, uint32_t index)
{
    return err_set(err, E_PARSE, "ruleset is damaged: %s %u", what, index);
}

static bool str_ok(const struct image *image, struct image_str s)
{
    return s.offset <= image->strings_len && s.len <= image->strings_len - s.offset;
}

static bool range_ok(uint32_t start, uint32_t len, uint32_t total)
{
    return start <= total && len <= total - start;
}

/* The code from `pc` to `end` must be whole operators. */
static bool code_ok(const struct image *image, uint32_t pc, uint32_t end, unsigned depth)
{
    if (depth > IMAGE_DEPTH_MOST)
        return false;
    while (pc < end) {
        uint32_t word = image->code[pc];
        uint32_t argument = word & OP_ARGUMENT;
        switch (word >> OP_SHIFT) {
        case OP_ITEM:
            if (argument >= image->items_len)
                return false;
            pc++;
            break;
        case OP_AND:
        case OP_OR:
        case OP_NOT:
            if (argument < 2 || argument > end - pc ||
                !code_ok(image, pc + 1, pc + argument, depth + 1))
                return false;
            pc += argument;
            break;
        default:
            return false;
        }
    }
    return true;
}

/* One operator and nothing behind it; a `not` spans one operand. */
static bool is_one_operator(const struct image *image, uint32_t pc, uint32_t end)
{
    uint32_t word = image->code[pc];
    uint32_t span = word >> OP_SHIFT == OP_ITEM ? 1 : word & OP_ARGUMENT;
    return span == end - pc;
}

static bool rule_code_ok(const struct image *image, const struct image_rule *r)
{
    uint32_t end = r->code_start + r->code_len;
    return r->code_len > 0 && code_ok(image, r->code_start, end, 1) &&
           is_one_operator(image, r->code_start, end);
}

static int check_rules(const struct image *image, struct err *err)
{
    uint32_t code = 0;
    uint32_t techniques = 0;
    for (uint32_t i = 0; i < image->rules_len; i++) {
        const struct image_rule *r = &image->rules[i];
        bool ok = str_ok(image, r->id) && str_ok(image, r->title) &&
                  str_ok(image, r->description) && str_ok(image, r->source) &&
                  r->level <= LEVEL_CRITICAL && r->logsource < image->logsources_len &&
                  r->code_start == code && range_ok(code, r->code_len, image->code_len) &&
                  r->techniques_start == techniques &&
                  range_ok(techniques, r->techniques_len, image->techniques_len) &&
                  rule_code_ok(image, r);
        if (!ok)
            return bad(err, "rule", i);
        code += r->code_len;
        techniques += r->techniques_len;
    }
    for (uint32_t i = 0; i < image->techniques_len; i++) {
        if (!str_ok(image, image->techniques[i]))
            return bad(err, "technique", i);
    }
    return 0;
}

/* What a kind makes of its text and argument. */
static bool argument_ok(const struct image *image, const struct image_item *item)
{
    switch (item->kind) {
    case ITEM_REGEX:
        return (item->argument & ~(uint32_t)REGEX_FLAGS) == 0;
    case ITEM_CIDR:
        return item->text.len == sizeof(struct cidr) &&
               (uint8_t)image->strings[item->text.offset] <= 128;
    case ITEM_NUMBER:
        return item->argument < NUMBER_RELATIONS;
    case ITEM_TIME:
        return (item->argument & TIME_RELATION) < NUMBER_RELATIONS &&
               item->argument >> TIME_PART_SHIFT > TIME_WHOLE &&
               item->argument >> TIME_PART_SHIFT < TIME_PARTS;
    case ITEM_FIELDREF:
        return (item->argument & FIELDREF_FIELD) < image->fields_len;
    default:
        return true;
    }
}

/* Only lazy kinds choose among values and what of them is compared. */
static bool flags_ok(const struct image_item *item)
{
    uint32_t chosen = ITEM_UNMARKED | 3 << ITEM_VIEW_SHIFT | 3 << ITEM_QUANTIFIER_SHIFT |
                      1 << ITEM_VIEW_HIGH_SHIFT | UINT32_C(255) << ITEM_NUMBER_SHIFT;
    uint32_t allowed = item->kind > ITEM_NULL ? chosen : ITEM_LAZY;
    return (item->flags & ~allowed) == 0 && item_view(item->flags) <= SIGMA_FOLDER_NAME;
}

static bool item_ok(const struct image *image, const struct image_item *item)
{
    if (item->kind >= ITEM_KINDS || !flags_ok(item) || item->field >= image->fields_len ||
        !str_ok(image, item->name) || !str_ok(image, item->text))
        return false;
    if (!argument_ok(image, item))
        return false;
    if (item->gate == IMAGE_NONE)
        return true;
    /* A gate has no gate of its own: asking never goes further than one step. */
    return item->kind > ITEM_EXISTS && item->gate < image->items_len &&
           image->items[item->gate].kind <= ITEM_EXISTS;
}

static int check_items(const struct image *image, struct err *err)
{
    for (uint32_t i = 0; i < image->items_len; i++) {
        if (!item_ok(image, &image->items[i]))
            return bad(err, "comparison", i);
    }
    for (uint32_t i = 0; i < image->fields_len; i++) {
        const struct image_field *f = &image->fields[i];
        if (!str_ok(image, f->name) ||
            (f->exists_item != IMAGE_NONE && f->exists_item >= image->items_len))
            return bad(err, "field", i);
    }
    return 0;
}

static int check_logsources(const struct image *image, struct err *err)
{
    uint32_t always = 0;
    for (uint32_t i = 0; i < image->logsources_len; i++) {
        const struct image_logsource *s = &image->logsources[i];
        if (!str_ok(image, s->product) || !str_ok(image, s->category) ||
            !str_ok(image, s->service) || s->always_start != always ||
            !range_ok(always, s->always_len, image->always_len))
            return bad(err, "log source", i);
        always += s->always_len;
    }
    for (uint32_t i = 0; i < image->always_len; i++) {
        if (image->always[i] >= image->rules_len)
            return bad(err, "always-candidate", i);
    }
    return 0;
}

static int check_witnesses(const struct image *image, struct err *err)
{
    if (image->witness_start_len != image->items_len + 1)
        return bad(err, "witness index of items", image->witness_start_len);
    for (uint32_t i = 0; i < image->items_len; i++) {
        if (image->witness_start[i] > image->witness_start[i + 1])
            return bad(err, "witness index of item", i);
    }
    if (image->witness_start[image->items_len] > image->witness_rules_len)
        return bad(err, "witness index of items", image->items_len);
    for (uint32_t i = 0; i < image->witness_rules_len; i++) {
        if (image->witness_rules[i] >= image->rules_len)
            return bad(err, "witness", i);
    }
    return 0;
}

static int check_matchers(const struct image *image, struct err *err)
{
    uint32_t end = 0;
    uint32_t field = 0;
    for (uint32_t i = 0; i < image->matchers_len; i++) {
        const struct image_matcher *m = &image->matchers[i];
        const struct matcher_ops *ops = matcher_find(m->kind);
        if (!ops || m->field >= image->fields_len || m->field < field || m->offset < end ||
            !str_ok(image, m->product) || m->keywords > 1 || m->offset % IMAGE_ALIGN != 0 ||
            !range_ok(m->offset, m->bytes, image->tables_len) ||
            !ops->check(str_n(image->tables + m->offset, m->bytes), image->items_len))
            return bad(err, "matcher", i);
        field = m->field;
        end = m->offset + m->bytes;
    }
    return 0;
}

static int check_exceptions(const struct image *image, struct err *err)
{
    uint32_t tests = 0;
    for (uint32_t i = 0; i < image->exceptions_len; i++) {
        const struct image_exception *x = &image->exceptions[i];
        if (!str_ok(image, x->id) || !str_ok(image, x->reason) || x->tests_start != tests ||
            !range_ok(tests, x->tests_len, image->exception_tests_len))
            return bad(err, "exception", i);
        tests += x->tests_len;
    }
    for (uint32_t i = 0; i < image->exception_tests_len; i++) {
        if (image->exception_tests[i].kind >= EXCEPTION_TEST_KINDS ||
            !str_ok(image, image->exception_tests[i].text))
            return bad(err, "condition of an exception", i);
    }
    if (image->exception_start_len != image->rules_len + 1)
        return bad(err, "exception index of rules", image->exception_start_len);
    for (uint32_t i = 0; i < image->rules_len; i++) {
        if (image->exception_start[i] > image->exception_start[i + 1])
            return bad(err, "exception index of rule", i);
    }
    if (image->exception_start[image->rules_len] > image->exception_list_len)
        return bad(err, "exception index of rules", image->rules_len);
    for (uint32_t i = 0; i < image->exception_list_len; i++) {
        if (image->exception_list[i] >= image->exceptions_len)
            return bad(err, "exception of a rule", i);
    }
    return 0;
}

int ruleset_check(const struct image *image, struct err *err)
{
    struct yara_files yara;
    int rc = check_items(image, err);
    if (rc == 0)
        rc = check_rules(image, err);
    if (rc == 0)
        rc = check_logsources(image, err);
    if (rc == 0)
        rc = check_witnesses(image, err);
    if (rc == 0)
        rc = check_exceptions(image, err);
    if (rc == 0)
        rc = yara_files_init(image, &yara, err);
    if (rc == 0)
        rc = ruleset_check_correlations(image, err);
    return rc ? rc : check_matchers(image, err);
}
