/* The persisted isolation. See isolate_state.h.
 *
 *   cordon-isolation 1
 *   state isolated
 *   generation 42
 *   confirmed no
 *   since 2025-08-07T13:21:35.880814738Z
 *   code 64 hex digits or "none"
 *   uid 997
 *   keep-mdm no
 *   lifeline 192.0.2.10:8443        any number, then
 *   allow [2001:db8::10]:22         any number
 *   seal SHA-256 of everything above, line ends included
 */
#include "respond/isolate_state.h"

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "os/file.h"

#define HEAD      "cordon-isolation "
#define VERSION   "1"
#define SEAL      "seal "
#define SEAL_LINE (sizeof SEAL - 1 + HASH_HEX_BYTES - 1 + 1)

/* ------------------------------------------------------------------ writing */

static void add_flag(struct buf *b, const char *key, bool value)
{
    buf_addf(b, "%s %s\n", key, value ? "yes" : "no");
}

static void add_list(struct buf *b, const char *key, const struct isolate_address *list,
                     uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        buf_addf(b, "%s ", key);
        isolate_address_add(b, &list[i]);
        buf_add_char(b, '\n');
    }
}

int isolate_state_add(struct buf *out, const struct isolate_record *r)
{
    size_t start = out->len;
    const struct isolate_policy *p = &r->policy;
    buf_addf(out, HEAD VERSION "\nstate %s\ngeneration %llu\n",
             r->isolated ? "isolated" : "released", (unsigned long long)p->generation);
    add_flag(out, "confirmed", r->confirmed);
    buf_add_cstr(out, "since ");
    timefmt_add(out, r->since_ns, 9);
    buf_add_cstr(out, "\ncode ");
    if (r->has_code)
        text_hex_add(out, r->code_hash, sizeof r->code_hash);
    else
        buf_add_cstr(out, "none");
    buf_addf(out, "\nuid %lu\n", (unsigned long)p->uid);
    add_flag(out, "keep-mdm", p->keep_mdm);
    add_list(out, "lifeline", p->lifeline, p->lifeline_len);
    add_list(out, "allow", p->allow, p->allow_len);
    if (buf_check(out))
        return buf_check(out);
    char hex[HASH_HEX_BYTES];
    int rc = hash_sha256_hex(str_n(out->ptr + start, out->len - start), hex);
    if (rc)
        return rc;
    buf_addf(out, SEAL "%s\n", hex);
    return buf_check(out);
}

/* ------------------------------------------------------------------ reading */

struct lines {
    struct str rest;
    uint32_t number; /* of the last line taken */
    struct err *err;
};

static int bad(struct lines *l, const char *expected)
{
    err_at(l->err, NULL, l->number, 0);
    return err_set(l->err, E_PARSE, "expected %s", expected);
}

/* The value of the next line when it has this key; the line is then used up. */
static bool take(struct lines *l, const char *key, struct str *ret_value)
{
    struct str line = str_sub(l->rest, 0, str_find_char(l->rest, '\n'));
    size_t key_len = strlen(key);
    if (!str_starts(line, str_n(key, key_len)) || line.len <= key_len || line.ptr[key_len] != ' ')
        return false;
    l->rest = str_sub(l->rest, line.len + 1, SIZE_MAX);
    l->number++;
    *ret_value = str_sub(line, key_len + 1, SIZE_MAX);
    return true;
}

/* One of two words. */
static int take_choice(struct lines *l, const char *key, const char *yes, const char *no,
                       bool *ret_value)
{
    struct str value;
    if (!take(l, key, &value) || (!str_is(value, yes) && !str_is(value, no)))
        return bad(l, key);
    *ret_value = str_is(value, yes);
    return 0;
}

static int take_number(struct lines *l, const char *key, uint64_t most, uint64_t *ret_value)
{
    struct str value;
    if (!take(l, key, &value) || str_to_u64(value, ret_value) || *ret_value > most)
        return bad(l, key);
    return 0;
}

static int take_since(struct lines *l, int64_t *ret_ns)
{
    struct str value;
    if (!take(l, "since", &value) || timefmt_parse(value, ret_ns))
        return bad(l, "since");
    return 0;
}

static int take_code(struct lines *l, struct isolate_record *r)
{
    struct str value;
    size_t len;
    if (!take(l, "code", &value))
        return bad(l, "code");
    r->has_code = !str_is(value, "none");
    if (r->has_code && (text_hex_decode(value, r->code_hash, sizeof r->code_hash, &len) ||
                        len != sizeof r->code_hash))
        return bad(l, "the code's SHA-256 or none");
    return 0;
}

static int take_list(struct lines *l, const char *key, struct isolate_address *list, uint32_t *len)
{
    struct str value;
    while (take(l, key, &value)) {
        struct isolate_address a;
        err_at(l->err, NULL, l->number, 0);
        int rc = isolate_address_parse(value, &a, l->err);
        if (rc == 0)
            rc = isolate_policy_add(list, len, &a, l->err);
        if (rc)
            return rc == E_ARG ? E_PARSE : rc;
    }
    return 0;
}

static int parse_body(struct lines *l, struct isolate_record *r)
{
    struct isolate_policy *p = &r->policy;
    uint64_t uid = 0;
    int rc = take_choice(l, "state", "isolated", "released", &r->isolated);
    if (rc == 0)
        rc = take_number(l, "generation", UINT64_MAX, &p->generation);
    if (rc == 0)
        rc = take_choice(l, "confirmed", "yes", "no", &r->confirmed);
    if (rc == 0)
        rc = take_since(l, &r->since_ns);
    if (rc == 0)
        rc = take_code(l, r);
    if (rc == 0)
        rc = take_number(l, "uid", UINT32_MAX, &uid);
    if (rc == 0)
        rc = take_choice(l, "keep-mdm", "yes", "no", &p->keep_mdm);
    if (rc == 0)
        rc = take_list(l, "lifeline", p->lifeline, &p->lifeline_len);
    if (rc == 0)
        rc = take_list(l, "allow", p->allow, &p->allow_len);
    p->uid = (uint32_t)uid;
    if (rc == 0 && r->isolated && p->lifeline_len == 0)
        rc = bad(l, "a lifeline");
    if (rc == 0 && l->rest.len)
        rc = bad(l, "nothing more before the seal");
    return rc;
}

/* Cut the seal off and check it. */
static int open_seal(struct str text, struct str *ret_body, struct err *err)
{
    char hex[HASH_HEX_BYTES];
    if (text.len < SEAL_LINE)
        return err_set(err, E_PARSE, "too short for a seal");
    struct str seal = str_sub(text, text.len - SEAL_LINE, SEAL_LINE);
    if (!str_starts(seal, STR(SEAL)) || seal.ptr[SEAL_LINE - 1] != '\n')
        return err_set(err, E_PARSE, "the last line is no seal");
    *ret_body = str_sub(text, 0, text.len - SEAL_LINE);
    int rc = hash_sha256_hex(*ret_body, hex);
    if (rc)
        return err_set(err, rc, "cannot check the seal");
    if (!str_is(str_sub(seal, sizeof SEAL - 1, HASH_HEX_BYTES - 1), hex))
        return err_set(err, E_CRYPTO, "the seal does not fit the content");
    return 0;
}

/* Only the form we write is read: what parses writes back to the same bytes. */
static int check_canonical(struct str text, const struct isolate_record *r, struct err *err)
{
    CLEANUP(buf_done) struct buf again = {0};
    int rc = isolate_state_add(&again, r);
    if (rc)
        return err_set(err, rc, "out of memory");
    if (!str_eq(buf_str(&again), text))
        return err_set(err, E_PARSE, "a value is not in its written form");
    return 0;
}

int isolate_state_parse(struct str text, struct isolate_record *ret_record, struct err *err)
{
    struct isolate_record r = {0};
    struct lines l = {.err = err};
    struct str version;
    if (text.len > ISOLATE_STATE_BYTES)
        return err_set(err, E_LIMIT, "larger than %d bytes", ISOLATE_STATE_BYTES);
    int rc = open_seal(text, &l.rest, err);
    if (rc)
        return rc;
    if (!take(&l, "cordon-isolation", &version))
        return bad(&l, "cordon-isolation");
    if (!str_is(version, VERSION))
        return err_set(err, E_VERSION, "version '%.*s', this agent reads " VERSION,
                       STR_FMT(version));
    rc = parse_body(&l, &r);
    if (rc)
        return rc;
    if (r.policy.allow_len == 1)
        PLANT_OVERREAD(text.ptr + text.len);
    rc = check_canonical(text, &r, err);
    if (rc)
        return rc;
    *ret_record = r;
    return 0;
}

/* ------------------------------------------------------------------ the file */

int isolate_state_save(const char *path, const struct isolate_record *r, struct err *err)
{
    CLEANUP(buf_done) struct buf text = {0};
    int rc = isolate_state_add(&text, r);
    if (rc)
        return err_set(err, rc, "out of memory");
    return file_write_atomic(path, buf_str(&text), 0600, err);
}

int isolate_state_load(const char *path, struct isolate_record *ret_record, struct err *err)
{
    CLEANUP(buf_done) struct buf text = {0};
    int rc = file_read(path, ISOLATE_STATE_BYTES, &text, err);
    if (rc)
        return rc;
    rc = isolate_state_parse(buf_str(&text), ret_record, err);
    err_at(err, path, err ? err->line : 0, 0);
    return rc;
}
