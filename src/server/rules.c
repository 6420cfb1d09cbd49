/* Compiling, storing and signing rulesets. See rules.h. */
#include "server/rules.h"

#include "crypto/hash.h"
#include "detect/detect.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/signed_file.h"
#include "schema/content.h"
#include "schema/param.h"

struct refusals {
    struct json_out j;
    struct err last;
};

static void refused(void *arg, const struct err *err)
{
    struct refusals *r = arg;
    struct buf place CLEANUP(buf_done) = {0};
    buf_addf(&place, "%s:%u:%u", err->source, err->line, err->column);
    json_object_begin(&r->j);
    json_kv_str(&r->j, "place", buf_str(&place));
    json_kv_cstr(&r->j, "message", err->message);
    json_object_end(&r->j);
    r->last = *err;
}

static int add_all(struct builder *b, struct str extra, struct refusals *r,
                   struct builder_counts *counts, struct err *err)
{
    for (size_t i = 0; i < content_analytics_len; i++) {
        int rc = builder_add_sigma(b, content_analytics[i].bytes, content_analytics[i].name.ptr,
                                   refused, r, counts, err);
        if (rc)
            return rc;
    }
    if (extra.len == 0)
        return 0;
    uint32_t before = counts->accepted;
    int rc = builder_add_sigma(b, extra, "uploaded", refused, r, counts, err);
    if (rc || counts->accepted != before)
        return rc;
    /* Activating it would take away what the fleet has, for nothing. */
    *err = r->last;
    err->code = 0;
    return err_set(err, E_PARSE, "no rule of the upload is accepted; the last refusal: %s",
                   r->last.message[0] ? r->last.message : "there is none in it");
}

int rules_build(struct str extra, struct rules_built *ret_built, struct err *err)
{
    struct builder *b = NULL;
    struct builder_counts counts = {0};
    struct refusals r = {.j = {.out = &ret_built->refusals}};
    *ret_built = (struct rules_built){0};
    json_array_begin(&r.j);
    int rc = builder_new(&b);
    if (rc == 0)
        rc = add_all(b, extra, &r, &counts, err);
    if (rc == 0)
        rc = builder_finish(b, &ret_built->image, err);
    builder_free(b);
    json_array_end(&r.j);
    if (rc == 0)
        rc = buf_check(&ret_built->refusals);
    if (rc == 0)
        rc = hash_sha256_hex(buf_str(&ret_built->image), ret_built->version);
    ret_built->rules = counts.accepted;
    ret_built->refused = counts.refused;
    if (rc)
        rules_built_done(ret_built);
    return rc;
}

void rules_built_done(struct rules_built *b)
{
    buf_done(&b->image);
    buf_done(&b->refusals);
}

static void image_path(const struct server *s, struct str version, struct buf *out)
{
    buf_addf(out, "%.*s/rulesets/%.*s", STR_FMT(s->config->data_dir), STR_FMT(version));
}

int rules_save(struct server *s, const struct rules_built *b, struct str created_by,
               struct arena *arena, struct store_ruleset *ret_record, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    char key_id[SIGN_KEY_ID_BYTES];
    buf_addf(&path, "%.*s/rulesets", STR_FMT(s->config->data_dir));
    int rc = file_mkdirs(buf_cstr(&path), 0700, err);
    if (rc)
        return rc;
    buf_addf(&path, "/%s", b->version);
    if (!file_exists(buf_cstr(&path)))
        rc = file_write_atomic(buf_cstr(&path), buf_str(&b->image), 0600, err);
    if (rc == 0)
        rc = sign_key_id(s->keys.ruleset_key, key_id);
    if (rc)
        return rc;
    struct store_ruleset r = {
        .version = arena_str(arena, str_of(b->version)),
        .path = arena_fmt(arena, "rulesets/%s", b->version),
        .bytes = (int64_t)b->image.len,
        .rules = b->rules,
        .signed_by = arena_str(arena, str_of(key_id)),
        .created_by = arena_str(arena, created_by),
        .created_ns = clock_wall_ns(),
    };
    if (!r.version.ptr || !r.path.ptr || !r.signed_by.ptr || !r.created_by.ptr)
        return err_set(err, E_NOMEM, "out of memory");
    *ret_record = r;
    return 0;
}

/* ---------------------------------------------------------------- start */

static int activate(struct store_tx *tx, void *arg, struct err *err)
{
    const struct store_ruleset *r = arg;
    int rc = store_ruleset_put(tx, r, err);
    return rc ? rc : store_ruleset_activate(tx, r->version, err);
}

static int active(struct server *s, struct arena *arena, struct store_ruleset *ret, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    int rc = store_read_begin(s->store, &tx, err);
    return rc ? rc : store_ruleset_active(tx, arena, ret, err);
}

int rules_start(struct server *s, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_ruleset r;
    struct rules_built built = {0};
    int rc = active(s, &arena, &r, err);
    /* The operator's own upload stays; a built-in set follows the program's version. */
    bool own = rc == 0 && !str_is(r.created_by, "system");
    if (rc && rc != E_NOT_FOUND)
        return rc;
    if (!own) {
        err_clear(err);
        rc = rules_build(STR(""), &built, err);
        if (rc == 0)
            rc = rules_save(s, &built, STR("system"), &arena, &r, err);
        if (rc == 0)
            rc = store_write_wait(s->store, activate, &r, err);
        if (rc == 0 && built.refused)
            log_error("built-in rules were refused", KV_INT("refused", built.refused));
        rules_built_done(&built);
    }
    if (rc)
        return rc;
    memcpy(s->ruleset_version, r.version.ptr,
           r.version.len < HASH_HEX_BYTES ? r.version.len : HASH_HEX_BYTES - 1);
    log_info("ruleset active", KV_STR("version", r.version), KV_INT("rules", r.rules));
    return 0;
}

int rules_signed(struct server *s, struct str version, struct buf *out, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct buf image CLEANUP(buf_done) = {0};
    image_path(s, version, &path);
    int rc = file_read(buf_cstr(&path), (size_t)param_default(PARAM_RULESET_BYTES), &image, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "there is no ruleset '%.*s'", STR_FMT(version));
    if (rc)
        return rc;
    return signed_file_seal(STR(SIGNED_PURPOSE_RULESET), buf_str(&image), s->keys.ruleset_key, out,
                            err);
}
