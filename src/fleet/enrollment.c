/* Enrollment tokens. See enrollment.h. */
#include "fleet/enrollment.h"

#include "base/buf.h"
#include "base/timefmt.h"
#include "codec/json_out.h"
#include "fleet/input_priv.h"
#include "schema/param.h"

enum { LABEL_BYTES = 120 };

static int check_hash(struct str hash, struct err *err)
{
    return hash.len == 64 ? 0 : err_set(err, E_ARG, "a token's hash has 64 hexadecimal digits");
}

static int audit_create(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                        const struct store_enroll_token *token, struct err *err)
{
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    json_object_begin(&j);
    json_kv_str(&j, "label", token->label);
    json_kv_str(&j, "kind", enroll_kind_names[token->kind]);
    json_kv_int(&j, "uses", token->uses_left);
    json_kv_time(&j, "expires", token->expires_ns);
    json_object_end(&j);
    if (buf_check(&detail))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return actor_audit(tx, by, now_ns, "enrollment.create", "enrollment", token->hash,
                       buf_str(&detail), err);
}

int enrollment_create(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct str label, enum enroll_kind kind, int64_t uses,
                      int64_t expires_ns, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_enroll_token there;
    int64_t longest = param_table[PARAM_ENROLL_TOKEN_TTL_S].most * NS_PER_S;
    if (expires_ns == 0)
        expires_ns = now_ns + param_default(PARAM_ENROLL_TOKEN_TTL_S) * NS_PER_S;
    int rc = actor_may(by, PERM_ENROLLMENT_WRITE, err);
    if (!rc)
        rc = check_hash(token_hash, err);
    if (!rc)
        rc = input_line(label, 0, LABEL_BYTES, "the label", err);
    if (rc)
        return rc;
    if (expires_ns <= now_ns || expires_ns - now_ns > longest)
        return err_set(err, E_ARG, "an enrollment token lives from now on, at most %lld days",
                       (long long)(longest / NS_PER_S / 86400));
    if (kind == ENROLL_ONCE ? uses != 1 : uses != -1 && uses < 1)
        return err_set(err, E_ARG,
                       "a one-time token has one use, a group token some or -1 (no limit)");
    rc = store_enroll_token_get(tx, token_hash, &arena, &there, NULL);
    if (rc != E_NOT_FOUND)
        return err_set(err, rc ? rc : E_EXISTS, "the enrollment token exists already");
    const struct store_enroll_token token = {.hash = token_hash,
                                             .label = label,
                                             .kind = kind,
                                             .uses_left = uses,
                                             .created_ns = now_ns,
                                             .expires_ns = expires_ns,
                                             .created_by = by->name};
    rc = store_enroll_token_put(tx, &token, err);
    return rc ? rc : audit_create(tx, by, now_ns, &token, err);
}

int enrollment_revoke(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_enroll_token token;
    int rc = actor_may(by, PERM_ENROLLMENT_WRITE, err);
    if (!rc)
        rc = store_enroll_token_get(tx, token_hash, &arena, &token, err);
    if (rc)
        return rc;
    token.revoked = true;
    rc = store_enroll_token_put(tx, &token, err);
    if (rc)
        return rc;
    return actor_audit(tx, by, now_ns, "enrollment.revoke", "enrollment", token_hash, STR(""), err);
}

int enrollment_use(struct store_tx *tx, struct str token_hash, int64_t now_ns, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_enroll_token token;
    int rc = store_enroll_token_get(tx, token_hash, &arena, &token, NULL);
    if (rc && rc != E_NOT_FOUND)
        return err_set(err, rc, "cannot read the enrollment token");
    if (rc || token.revoked || token.uses_left == 0 || token.expires_ns <= now_ns)
        return err_set(err, E_AUTH, "the enrollment token is not valid");
    if (token.uses_left > 0)
        token.uses_left--;
    token.uses++;
    return store_enroll_token_put(tx, &token, err);
}
