/* People. See user.h. */
#include "fleet/user.h"

#include "base/buf.h"
#include "base/text.h"
#include "codec/json_out.h"
#include "fleet/input_priv.h"

enum { TOKEN_LABEL_BYTES = 256, PAGE = 1000 };

bool user_name_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool mark = c == '.' || c == '_' || c == '-' || c == '@';
        if (!alnum && !(mark && i > 0))
            return false;
    }
    return name.len > 0 && name.len <= USER_NAME_BYTES;
}

/* Owners are changed by owners only. */
static int may_change(const struct actor *by, enum role_id role, struct err *err)
{
    return actor_may(by, role == ROLE_OWNER ? PERM_OWNERS_WRITE : PERM_USERS_WRITE, err);
}

static int audit(struct store_tx *tx, const struct actor *by, int64_t now_ns, const char *verb,
                 struct str name, const char *key, struct str value, struct err *err)
{
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    json_object_begin(&j);
    if (key)
        json_kv_str(&j, key, value);
    json_object_end(&j);
    if (buf_check(&detail))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return actor_audit(tx, by, now_ns, verb, "user", name, buf_str(&detail), err);
}

/* Is there an enabled owner beside `name`? */
static int other_owner(struct store_tx *tx, struct str name, bool *ret_there, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_page page = {.limit = PAGE};
    do {
        struct store_user_list list;
        int rc = store_user_list(tx, &page, &arena, &list, err);
        if (rc)
            return rc;
        for (size_t i = 0; i < list.len; i++) {
            const struct store_user *u = &list.items[i];
            if (u->role == ROLE_OWNER && !u->disabled && !str_eq(u->name, name)) {
                *ret_there = true;
                return 0;
            }
        }
        page.cursor = list.next;
    } while (page.cursor.len);
    *ret_there = false;
    return 0;
}

static int keep_an_owner(struct store_tx *tx, const struct store_user *user, struct err *err)
{
    bool there = true;
    if (user->role != ROLE_OWNER || user->disabled)
        return 0;
    int rc = other_owner(tx, user->name, &there, err);
    if (!rc && !there)
        return err_set(err, E_STATE, "'%.*s' is the only owner left", STR_FMT(user->name));
    return rc;
}

int user_create(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                enum role_id role, struct str password_hash, bool must_change, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_user there;
    int rc = may_change(by, role, err);
    if (rc)
        return rc;
    if (!user_name_valid(name) || (unsigned)role >= ROLE_COUNT || password_hash.len == 0)
        return err_set(err, E_ARG,
                       "a user name has 1 to %d of a-z 0-9 . _ - @ and begins with one of a-z 0-9",
                       USER_NAME_BYTES);
    rc = store_user_get(tx, name, &arena, &there, NULL);
    if (rc != E_NOT_FOUND)
        return err_set(err, rc ? rc : E_EXISTS, "there is a user '%.*s' already", STR_FMT(name));
    const struct store_user user = {.name = name,
                                    .role = role,
                                    .password_hash = password_hash,
                                    .must_change_password = must_change,
                                    .created_ns = now_ns,
                                    .created_by = by->name};
    rc = store_user_put(tx, &user, err);
    return rc ? rc : audit(tx, by, now_ns, "user.create", name, "role", role_table[role].name, err);
}

int user_set_role(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                  enum role_id role, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_user user;
    if ((unsigned)role >= ROLE_COUNT)
        return err_set(err, E_ARG, "there is no such role");
    int rc = may_change(by, role, err);
    if (!rc)
        rc = store_user_get(tx, name, &arena, &user, err);
    if (!rc)
        rc = may_change(by, user.role, err);
    if (!rc && role != ROLE_OWNER)
        rc = keep_an_owner(tx, &user, err);
    if (rc)
        return rc;
    user.role = role;
    rc = store_user_put(tx, &user, err);
    if (!rc)
        rc = store_token_delete_user(tx, name, TOKEN_SESSION, STR(""), err);
    return rc ? rc : audit(tx, by, now_ns, "user.role", name, "role", role_table[role].name, err);
}

int user_set_disabled(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                      bool disabled, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_user user;
    int rc = actor_may(by, PERM_USERS_WRITE, err);
    if (!rc)
        rc = store_user_get(tx, name, &arena, &user, err);
    if (!rc)
        rc = may_change(by, user.role, err);
    if (!rc && disabled)
        rc = keep_an_owner(tx, &user, err);
    if (rc)
        return rc;
    user.disabled = disabled;
    rc = store_user_put(tx, &user, err);
    for (unsigned kind = 0; kind < TOKEN_KIND_COUNT && disabled && !rc; kind++)
        rc = store_token_delete_user(tx, name, (enum token_kind)kind, STR(""), err);
    if (rc)
        return rc;
    return audit(tx, by, now_ns, disabled ? "user.disable" : "user.enable", name, NULL, STR(""),
                 err);
}

int user_set_password(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str name,
                      struct str password_hash, struct str keep_session_hash, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_user user;
    bool own = by->kind == ACTOR_USER && str_eq(by->name, name);
    int rc = own ? actor_may(by, PERM_SELF, err) : actor_may(by, PERM_USERS_WRITE, err);
    if (!rc)
        rc = store_user_get(tx, name, &arena, &user, err);
    if (!rc && !own)
        rc = may_change(by, user.role, err);
    if (rc)
        return rc;
    if (password_hash.len == 0)
        return err_set(err, E_ARG, "a password's hash is missing");
    user.password_hash = password_hash;
    user.must_change_password = !own;
    rc = store_user_put(tx, &user, err);
    if (!rc)
        rc = store_token_delete_user(tx, name, TOKEN_SESSION, own ? keep_session_hash : STR(""),
                                     err);
    return rc ? rc : audit(tx, by, now_ns, "user.password", name, NULL, STR(""), err);
}

int user_session_open(struct store_tx *tx, struct str name, struct str token_hash, int64_t now_ns,
                      int64_t expires_ns, struct str user_agent, struct str address,
                      struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_user user;
    int rc = store_user_get(tx, name, &arena, &user, err);
    if (rc)
        return rc;
    if (user.disabled)
        return err_set(err, E_DENIED, "the user '%.*s' is disabled", STR_FMT(name));
    user.last_login_ns = now_ns;
    const struct store_token token = {.hash = token_hash,
                                      .kind = TOKEN_SESSION,
                                      .user = name,
                                      .name = str_sub(user_agent, 0, TOKEN_LABEL_BYTES),
                                      .created_ns = now_ns,
                                      .expires_ns = expires_ns,
                                      .last_used_ns = now_ns,
                                      .address = address};
    const struct actor by = {
        .kind = ACTOR_USER, .name = name, .role = user.role, .address = address};
    rc = store_user_put(tx, &user, err);
    if (!rc)
        rc = store_token_put(tx, &token, err);
    return rc ? rc : audit(tx, &by, now_ns, "user.login", name, NULL, STR(""), err);
}

int user_login_failed(struct store_tx *tx, struct str name, int64_t now_ns, struct str address,
                      struct err *err)
{
    struct buf shown CLEANUP(buf_done) = {0};
    struct actor by = actor_system("login");
    by.address = address;
    text_add_printable(&shown, str_sub(name, 0, USER_NAME_BYTES));
    if (buf_check(&shown))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return audit(tx, &by, now_ns, "user.login_failed", buf_str(&shown), NULL, STR(""), err);
}

int user_token_delete(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_token token;
    int rc = store_token_get(tx, token_hash, &arena, &token, err);
    if (rc)
        return rc;
    bool own = by->kind == ACTOR_USER && str_eq(by->name, token.user);
    rc = actor_may(by, own ? PERM_SELF : PERM_USERS_WRITE, err);
    if (!rc)
        rc = store_token_delete(tx, token_hash, err);
    if (rc)
        return rc;
    return audit(tx, by, now_ns, token.kind == TOKEN_SESSION ? "user.logout" : "token.delete",
                 token.user, "token", token.name, err);
}

int user_token_create(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct str label, int64_t expires_ns, struct err *err)
{
    int rc = actor_may(by, PERM_SELF, err);
    if (!rc)
        rc = input_line(label, 1, TOKEN_LABEL_BYTES, "the token's name", err);
    if (rc)
        return rc;
    if (by->kind != ACTOR_USER || (expires_ns && expires_ns <= now_ns))
        return err_set(err, E_ARG, "a token is a user's and expires in the future");
    const struct store_token token = {.hash = token_hash,
                                      .kind = TOKEN_API,
                                      .user = by->name,
                                      .name = label,
                                      .created_ns = now_ns,
                                      .expires_ns = expires_ns,
                                      .address = by->address};
    rc = store_token_put(tx, &token, err);
    return rc ? rc : audit(tx, by, now_ns, "token.create", by->name, "token", label, err);
}

int user_authenticate(struct store_tx *tx, struct str token_hash, int64_t now_ns,
                      struct arena *arena, struct actor *ret_actor, bool *ret_must_change,
                      struct err *err)
{
    struct store_token token;
    struct store_user user;
    int rc = store_token_get(tx, token_hash, arena, &token, NULL);
    if (!rc && token.expires_ns && token.expires_ns <= now_ns)
        rc = E_NOT_FOUND;
    if (!rc)
        rc = store_user_get(tx, token.user, arena, &user, NULL);
    if (!rc && user.disabled)
        rc = E_NOT_FOUND;
    if (rc)
        return err_set(err, rc == E_NOT_FOUND ? E_AUTH : rc, "the token is not valid");
    *ret_actor = (struct actor){.kind = ACTOR_USER, .name = user.name, .role = user.role};
    *ret_must_change = user.must_change_password;
    return 0;
}
