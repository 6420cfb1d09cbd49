/* The first administrator. See bootstrap.h. */
#include "server/bootstrap.h"

#include "crypto/password.h"
#include "fleet/user.h"
#include "os/clock.h"
#include "os/random.h"

enum { PASSWORD_RANDOM_BYTES = 12 };

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
