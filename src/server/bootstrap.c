/* What only a start does. See bootstrap.h. */
#include "server/bootstrap.h"

#include "base/timefmt.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "fleet/enrollment.h"
#include "fleet/user.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"
#include "os/random.h"

enum { PASSWORD_RANDOM_BYTES = 12, ENROLLMENT_LIFE_S = 3600 };

struct first {
    struct buf hash;
    bool exists; /* made by an earlier start */
};

static int put(struct store_tx *tx, void *arg, struct err *err)
{
    const struct first *f = arg;
    struct actor system = actor_system("bootstrap");
    int64_t now = clock_wall_ns();
    struct str name = STR("admin");
    if (f->exists)
        return user_set_password(tx, &system, now, name, buf_str(&f->hash), STR(""), err);
    return user_create(tx, &system, now, name, ROLE_OWNER, buf_str(&f->hash), true, err);
}

/* @param ret_exists there is exactly one user, the first one, and he never logged in
 * @param ret_needed a password is to be made */
static int look(struct server *s, bool *ret_exists, bool *ret_needed, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_page page = {.limit = 2};
    struct store_user_list list;
    int rc = store_read_begin(s->store, &tx, err);
    if (rc == 0)
        rc = store_user_list(tx, &page, &arena, &list, err);
    if (rc)
        return rc;
    const struct store_user *u = list.items;
    *ret_exists = list.len == 1 && str_is(u->name, "admin") && u->must_change_password &&
                  !u->disabled && u->last_login_ns == 0;
    *ret_needed = list.len == 0 || *ret_exists;
    return 0;
}

int bootstrap_owner(struct server *s, struct buf *ret_password, struct err *err)
{
    struct first f = {0};
    bool needed = false;
    int rc = look(s, &f.exists, &needed, err);
    if (rc || !needed)
        return rc;
    random_token_add(ret_password, "", PASSWORD_RANDOM_BYTES);
    rc = buf_check(ret_password);
    if (rc == 0)
        rc = password_hash(buf_str(ret_password), &f.hash, err);
    if (rc == 0)
        rc = store_write_wait(s->store, put, &f, err);
    buf_done(&f.hash);
    return rc;
}

struct first_token {
    char hash[HASH_HEX_BYTES];
    int64_t uses;
};

static int create_token(struct store_tx *tx, void *arg, struct err *err)
{
    const struct first_token *t = arg;
    struct actor system = actor_system("bootstrap");
    int64_t now = clock_wall_ns();
    bool once = t->uses == 1;
    return enrollment_create(
        tx, &system, now, str_of(t->hash),
        once ? STR("agent of the server's machine") : STR("devices enrolled at the server's start"),
        once ? ENROLL_ONCE : ENROLL_GROUP, t->uses, now + ENROLLMENT_LIFE_S * NS_PER_S, err);
}

int bootstrap_enrollment(struct server *s, struct err *err)
{
    struct buf token CLEANUP(secret_buf_done) = {0};
    struct first_token t;
    int rc = server_config_number(s->config->enrollment_uses, PARAM_ENROLL_FILE_USES, &t.uses, err);
    if (rc || s->config->enrollment_file.len == 0)
        return rc;
    rc = token_make(STR("enroll"), &token);
    if (rc == 0)
        rc = token_hash(buf_str(&token), t.hash);
    if (rc == 0)
        rc = store_write_wait(s->store, create_token, &t, err);
    if (rc == 0)
        rc = file_write_atomic(s->config->enrollment_file.ptr, buf_str(&token), 0600, err);
    return rc;
}

int bootstrap_own_device(struct server *s, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct buf id CLEANUP(buf_done) = {0};
    struct store_device device;
    struct err ignored = {0};
    /* A machine without an identity cannot have enrolled either. */
    if (proc_machine_id(&id, &ignored) != 0)
        return 0;
    s->own_machine = arena_str(&s->arena, buf_str(&id));
    if (!s->own_machine.ptr)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = store_read_begin(s->store, &tx, err);
    if (rc == 0)
        rc = store_device_find_hardware(tx, s->own_machine, &s->arena, &device, err);
    if (rc == E_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    if (rc == 0)
        s->policy.own_device = device.id;
    return rc;
}
