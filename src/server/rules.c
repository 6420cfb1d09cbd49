/* Compiling, storing and signing rulesets. See rules.h. */
#include "server/rules.h"

#include <string.h>

#include "crypto/hash.h"
#include "detect/detect.h"
#include "fleet/entry.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/signed_file.h"
#include "schema/content.h"
#include "schema/param.h"

#define UPLOADED "uploaded" /* where the operator's rules come from, in places */

struct refusals {
    struct json_out j;
    struct err last;
    uint32_t uploaded; /* of the operator's */
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
    r->uploaded += strcmp(err->source, UPLOADED) == 0;
}

/* The uploaded rules, and then what goes with rules wherever they came from. */
static int add_own(struct builder *b, struct str own, struct refusals *r,
                   struct builder_counts *counts, struct err *err)
{
    if (own.len == 0)
        return builder_link(b, refused, r, counts, err);
    uint32_t before = counts->documents;
    int rc = builder_add_sigma(b, own, UPLOADED, refused, r, counts, err);
    uint32_t given = counts->documents - before;
    if (rc == 0)
        rc = builder_link(b, refused, r, counts, err);
    if (rc || r->uploaded < given)
        return rc;
    /* Activating it would take away what the fleet has, for nothing. */
    *err = r->last;
    err->code = 0;
    return err_set(err, E_PARSE, "no rule of the upload is accepted; the last refusal: %s",
                   r->last.message[0] ? r->last.message : "there is none in it");
}

static int add_exceptions(struct builder *b, struct str yaml, struct refusals *r,
                          struct builder_counts *counts, struct err *err)
{
    struct builder_counts added = {0};
    if (yaml.len == 0)
        return 0;
    int rc = builder_add_exceptions(b, yaml, "exceptions", refused, r, &added, err);
    counts->refused += added.refused;
    return rc;
}

static int add_all(struct builder *b, const struct rules_source *source, struct refusals *r,
                   struct builder_counts *counts, struct err *err)
{
    for (size_t i = 0; i < content_analytics_len; i++) {
        int rc = builder_add_sigma(b, content_analytics[i].bytes, content_analytics[i].name.ptr,
                                   refused, r, counts, err);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < content_yara_len; i++) {
        int rc = builder_add_yara(b, content_yara[i].name, content_yara[i].bytes, err);
        if (rc)
            return rc;
        counts->accepted++;
    }
    int rc = add_own(b, buf_str(&source->own), r, counts, err);
    if (rc == 0)
        rc = builder_add_list(b, &source->list, err);
    return rc ? rc : add_exceptions(b, buf_str(&source->exceptions), r, counts, err);
}

int rules_build(const struct rules_source *source, struct rules_built *ret_built, struct err *err)
{
    struct builder *b = NULL;
    struct builder_counts counts = {0};
    struct refusals r = {.j = {.out = &ret_built->refusals}};
    *ret_built = (struct rules_built){0};
    json_array_begin(&r.j);
    int rc = builder_new(&b);
    if (rc == 0)
        rc = add_all(b, source, &r, &counts, err);
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

/* ---------------------------------------------------------------- what it is made of */

static void own_path(const struct server *s, struct str name, struct buf *out)
{
    buf_addf(out, "%.*s/rules/%.*s.yml", STR_FMT(s->config->data_dir), STR_FMT(name));
}

int rules_own_save(struct server *s, struct str yaml, char ret_name[HASH_HEX_BYTES],
                   struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    buf_addf(&path, "%.*s/rules", STR_FMT(s->config->data_dir));
    int rc = file_mkdirs(buf_cstr(&path), 0700, err);
    if (rc == 0)
        rc = hash_sha256_hex(yaml, ret_name);
    if (rc)
        return rc;
    buf_clear(&path);
    own_path(s, str_of(ret_name), &path);
    return file_exists(buf_cstr(&path)) ? 0 : file_write_atomic(buf_cstr(&path), yaml, 0600, err);
}

static int read_own(struct server *s, struct store_tx *tx, struct buf *out, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct buf path CLEANUP(buf_done) = {0};
    struct str name;
    int rc = store_setting_get(tx, STR(RULES_OWN_SETTING), &arena, &name, err);
    if (rc == E_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    if (rc)
        return rc;
    own_path(s, name, &path);
    return file_read(buf_cstr(&path), (size_t)param_default(PARAM_RULESET_BYTES), out, err);
}

int rules_source_read(struct server *s, struct rules_source *source, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    int rc = store_read_begin(s->store, &tx, err);
    if (rc == 0)
        rc = read_own(s, tx, &source->own, err);
    return rc ? rc : entry_collect(tx, clock_wall_ns(), &source->list, &source->exceptions, err);
}

void rules_source_done(struct rules_source *source)
{
    buf_done(&source->own);
    list_done(&source->list);
    buf_done(&source->exceptions);
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

/* What was refused at the start was accepted by an earlier program: it is said, and the fleet keeps
 * what it has. */
static int rebuild(struct server *s, struct rules_built *built, struct err *err)
{
    struct rules_source source = {0};
    int rc = rules_source_read(s, &source, err);
    if (rc == 0)
        rc = rules_build(&source, built, err);
    rules_source_done(&source);
    if (rc == 0 && built->refused)
        log_error("rules were refused", KV_INT("refused", built->refused));
    return rc;
}

int rules_start(struct server *s, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_ruleset r;
    struct rules_built built = {0};
    int there = active(s, &arena, &r, err);
    if (there && there != E_NOT_FOUND)
        return there;
    err_clear(err);
    int rc = rebuild(s, &built, err);
    if (rc && there == 0) {
        log_err(LOG_ERROR, "the ruleset could not be compiled anew, the active one stays", err);
        err_clear(err);
        rc = 0;
    } else if (rc == 0 && (there || !str_is(r.version, built.version))) {
        rc = rules_save(s, &built, STR("system"), &arena, &r, err);
        if (rc == 0)
            rc = store_write_wait(s->store, activate, &r, err);
    }
    rules_built_done(&built);
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
