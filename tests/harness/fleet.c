/* See fleet.h. */
#include "harness/fleet.h"

#include "base/buf.h"
#include "base/timefmt.h"

struct actor test_actor(enum role_id role)
{
    return (struct actor){.kind = ACTOR_USER,
                          .name = role_table[role].name,
                          .role = role,
                          .address = STR("192.0.2.1")};
}

static int issue(void *arg, struct str csr, struct str device_id, int64_t now_ns,
                 struct arena *arena, struct device_certificate *ret_certificate, struct err *err)
{
    (void)arg;
    if (str_is(csr, "bad"))
        return err_set(err, E_CRYPTO, "the request's signature does not fit");
    ret_certificate->serial = arena_fmt(arena, "serial-%.*s", STR_FMT(csr));
    ret_certificate->fingerprint = arena_fmt(arena, "key-%.*s", STR_FMT(csr));
    ret_certificate->pem = arena_fmt(arena, "certificate of %.*s", STR_FMT(device_id));
    ret_certificate->expires_ns = now_ns + 365 * 86400 * NS_PER_S;
    return ret_certificate->serial.ptr && ret_certificate->fingerprint.ptr &&
                   ret_certificate->pem.ptr
               ? 0
               : err_set(err, E_NOMEM, "no memory for a certificate");
}

const struct device_issuer test_issuer = {.issue = issue};

static int seal(void *arg, const struct store_action *action, struct buf *out, struct err *err)
{
    (void)arg;
    assert_int_equal(action->nonce.len, 16);
    assert_true(action->queued_ns > 0 && action->expires_ns > action->queued_ns);
    buf_addf(out, "signed:%.*s:%lld", STR_FMT(action->id), (long long)action->generation);
    return buf_check(out) ? err_set(err, E_NOMEM, "no memory for a signature") : 0;
}

struct action_policy test_policy(void)
{
    return (struct action_policy){.signer = {.seal = seal}};
}

unsigned test_audit_count(struct test_store *t, const char *verb)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_audit_filter filter = {0};
    struct store_page page = {.limit = 1000};
    struct store_audit_list list;
    int64_t entries;
    int64_t bad;
    unsigned count = 0;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_audit_verify(tx, &entries, &bad, NULL));
    assert_int_equal(bad, 0);
    do {
        assert_ok(store_audit_list(tx, &filter, &page, &arena, &list, NULL));
        for (size_t i = 0; i < list.len; i++)
            count += str_is(list.items[i].verb, verb);
        page.cursor = list.next;
    } while (page.cursor.len);
    return count;
}
