/* Device id and accepted keys on disk: the enrollment's answer as it came. See trust.h. */
#include "device/trust.h"

#include "base/mem.h"
#include "os/file.h"

int trust_save(const char *path, const struct enroll_reply *reply, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    int rc = enroll_reply_write(reply, &text);
    if (rc)
        return err_set(err, rc, "%s: out of memory", path);
    return file_write_atomic(path, buf_str(&text), 0600, err);
}

static int load_keys(struct trust *t, const struct str *pems, size_t len, struct command_key *keys,
                     size_t *ret_len, struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        struct sign_key *key = NULL;
        char id[SIGN_KEY_ID_BYTES];
        int rc = sign_public_from_pem(pems[i], &key, err);
        if (rc)
            return rc;
        rc = sign_key_id(key, id);
        keys[i] = (struct command_key){arena_str(&t->arena, str_of(id)), key};
        *ret_len = i + 1;
        if (rc || !keys[i].id.ptr)
            return err_set(err, E_NOMEM, "out of memory");
    }
    return 0;
}

int trust_load(const char *path, struct trust *ret_trust, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct enroll_reply reply;
    *ret_trust = (struct trust){0};
    int rc = file_read(path, PROTO_BODY_MAX, &text, err);
    if (rc == 0)
        rc = enroll_reply_read(buf_str(&text), &ret_trust->arena, &reply, err);
    if (rc == 0)
        rc = load_keys(ret_trust, reply.command_keys, reply.command_keys_len,
                       ret_trust->command_keys, &ret_trust->command_keys_len, err);
    if (rc == 0)
        rc = load_keys(ret_trust, reply.ruleset_keys, reply.ruleset_keys_len,
                       ret_trust->ruleset_keys, &ret_trust->ruleset_keys_len, err);
    if (rc) {
        err_prefix(err, "%s", path);
        return rc;
    }
    ret_trust->device = reply.device;
    return 0;
}

static void free_keys(struct command_key *keys, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sign_key_free((struct sign_key *)(uintptr_t)keys[i].key);
}

void trust_done(struct trust *t)
{
    free_keys(t->command_keys, t->command_keys_len);
    free_keys(t->ruleset_keys, t->ruleset_keys_len);
    arena_done(&t->arena);
    *t = (struct trust){0};
}
