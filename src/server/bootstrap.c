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

static int create(struct store_tx *tx, void *arg, struct err *err)
{
    const struct buf *hash = arg;
    struct actor system = actor_system("bootstrap");
    return user_create(tx, &system, clock_wall_ns(), STR("admin"), ROLE_OWNER, buf_str(hash), true,
                       err);
}

static int count_users(struct server *s, size_t *ret_len, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_page page = {.limit = 1};
    struct store_user_list list;
    int rc = store_read_begin(s->store, &tx, err);
    if (rc == 0)
        rc = store_user_list(tx, &page, &arena, &list, err);
    if (rc == 0)
        *ret_len = list.len;
    return rc;
}

int bootstrap_owner(struct server *s, struct buf *ret_password, struct err *err)
{
    struct buf hash CLEANUP(buf_done) = {0};
    size_t users = 0;
    int rc = count_users(s, &users, err);
    if (rc || users)
        return rc;
    random_token_add(ret_password, "", PASSWORD_RANDOM_BYTES);
    rc = buf_check(ret_password);
    if (rc == 0)
        rc = password_hash(buf_str(ret_password), &hash, err);
    if (rc == 0)
        rc = store_write_wait(s->store, create, &hash, err);
    return rc;
}

static int create_token(struct store_tx *tx, void *arg, struct err *err)
{
    struct actor system = actor_system("bootstrap");
    int64_t now = clock_wall_ns();
    return enrollment_create(tx, &system, now, str_of(arg), STR("agent of the server's machine"),
                             ENROLL_ONCE, 1, now + ENROLLMENT_LIFE_S * NS_PER_S, err);
}

int bootstrap_enrollment(struct server *s, struct err *err)
{
    struct buf token CLEANUP(secret_buf_done) = {0};
    char hash[HASH_HEX_BYTES];
    if (s->config->enrollment_file.len == 0)
        return 0;
    int rc = token_make(STR("enroll"), &token);
    if (rc == 0)
        rc = token_hash(buf_str(&token), hash);
    if (rc == 0)
        rc = store_write_wait(s->store, create_token, hash, err);
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
