/* The desired state of isolation: what was ordered, kept in a file, put into the kernel, looked
 * after. The root process owns one and calls it from its loop:
 *
 *   isolation_restore   first thing at start, before any sensor
 *   isolation_order, isolation_release   a signed order (the latest generation wins)
 *   isolation_confirm   the uplink reached the server while isolated
 *   isolation_tick      every few seconds
 *
 * An isolation that has never been confirmed undoes itself after a while: a bad rule must not brick
 * a device. Once confirmed, only an order or the local release code lifts it: who blocks the server
 * must not free himself. Containment comes before bookkeeping: a full disk does not stop it, but
 * the status then says that it would not outlive a restart. */
#ifndef CORDON_RESPOND_ISOLATION_H
#define CORDON_RESPOND_ISOLATION_H

#include "respond/isolate.h"
#include "respond/isolate_probe.h"
#include "respond/isolate_state.h"

/** The kernel's side; tests put their own in. `isolation_kernel` is isolate.h. */
struct isolation_backend {
    int (*apply)(const struct isolate_policy *policy, struct err *err);
    int (*release)(struct err *err);
    int (*check)(const struct isolate_policy *wanted, enum isolate_found *ret_found,
                 struct err *err);
    /** Look from inside whether the rules do what they say; may be NULL. @return 0, E_STATE (what
     * must be shut out came through), E_IO */
    int (*probe)(const struct isolate_policy *policy, struct isolate_probe *ret_probe,
                 struct err *err);
};

extern const struct isolation_backend isolation_kernel;

struct isolation;

struct isolation_status {
    bool isolated;       /* wanted, the kernel had the rules when last looked at, and they hold */
    bool confirmed;      /* the server was reached through it */
    bool persisted;      /* it would outlive a restart */
    bool rolled_back;    /* it undid itself because the server was never reached */
    uint64_t generation; /* of the order that is in force, 0 = none yet */
    uint64_t reasserted; /* times somebody else had changed the rules */
    int64_t since_ns;    /* wall time of that order */
    struct isolate_probe probe; /* what the look after the last order saw */
};

/**
 * @param path        state file; borrowed, lives as long as the object
 * @param rollback_ms time an unconfirmed isolation has to reach the server
 * @return 0 or E_NOMEM
 */
int isolation_new(const char *path, const struct isolation_backend *backend, int64_t rollback_ms,
                  struct isolation **ret_isolation) MUST_CHECK;
/** Forgets; the kernel's rules stay. */
void isolation_free(struct isolation *i);

/**
 * Read the state file and make the kernel fit it. Without a file, or with a damaged one, whatever
 * rules of ours the kernel has are left as they are: the next order decides.
 * @return 0 (also without a file), E_PARSE, E_CRYPTO, E_VERSION (damaged file), as isolate_apply
 */
int isolation_restore(struct isolation *i, int64_t now_ms, struct err *err) MUST_CHECK;

/**
 * Isolate. While a confirmed isolation is in force the addresses of its lifeline stay in the new
 * one, so that an order with a wrong address cannot cut the device off for ever.
 *
 * @param code_hash SHA-256 of the local release code, or NULL
 * @param now_ms    monotonic
 * @return 0, E_STATE (an order of a later generation is in force, the kernel did not take the
 *         rules, or the probe came through them), as isolate_apply. A first isolation that fails
 *         leaves nothing behind, except that rules that do not hold stay and are looked at again.
 */
int isolation_order(struct isolation *i, const struct isolate_policy *policy,
                    const unsigned char *code_hash, int64_t now_ms, struct err *err) MUST_CHECK;
/** Lift the isolation by order. @return 0, E_STATE (stale generation), as isolate_release */
int isolation_release(struct isolation *i, uint64_t generation, struct err *err) MUST_CHECK;
/** Lift it with the code that was handed out with the order; each code works once.
 * @return 0, E_AUTH, as isolate_release */
int isolation_release_code(struct isolation *i, struct str code, struct err *err) MUST_CHECK;
/** The server was reached through the isolation. @return 0, or why that could not be saved */
int isolation_confirm(struct isolation *i, struct err *err) MUST_CHECK;

/**
 * Put changed rules back, give up an isolation that never reached the server, and save what could
 * not be saved before.
 * @return 0, or what failed; it is tried again at the next tick
 */
int isolation_tick(struct isolation *i, int64_t now_ms, struct err *err) MUST_CHECK;

void isolation_status(const struct isolation *i, struct isolation_status *ret_status);
/** What is (or was last) in force; valid until the next order. */
const struct isolate_policy *isolation_policy(const struct isolation *i);

#endif
