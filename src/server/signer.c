/* Signing of orders. See signer.h. */
#include "server/signer.h"

#include "base/timefmt.h"
#include "os/clock.h"
#include "os/random.h"
#include "proto/command.h"
#include "server/plan.h"

enum { CLOCK_LIFE_S = 60, CHALLENGE_CHARS = 32 };

/* The order's arguments with "lifeline" added in front. */
static void add_lifeline(const struct server *s, struct str args, struct buf *out)
{
    struct json_out j = {.out = out};
    args = str_trim(args);
    buf_add_cstr(out, "{\"lifeline\":");
    plan_lifeline(s, &j);
    struct str rest = str_trim(str_sub(args, 1, SIZE_MAX)); /* behind '{' */
    if (rest.len > 1)
        buf_add_char(out, ',');
    buf_add_str(out, rest.len ? rest : STR("}"));
}

int signer_seal(void *arg, const struct store_action *action, struct buf *out, struct err *err)
{
    const struct server *s = arg;
    struct buf args CLEANUP(buf_done) = {0};
    if (str_is(action->name, "isolate"))
        add_lifeline(s, action->args_json, &args);
    else
        buf_add_str(&args, action->args_json);
    if (buf_check(&args))
        return err_set(err, buf_check(&args), "out of memory");
    struct command c = {
        .device = action->device,
        .action = action->id,
        .name = action->name,
        .arguments = buf_str(&args),
        .issued_ns = action->queued_ns,
        .expires_ns = action->expires_ns,
        .generation = (uint64_t)action->generation,
    };
    if (action->nonce.len != COMMAND_NONCE_BYTES)
        return err_set(err, E_INTERNAL, "an order with a nonce of %zu bytes", action->nonce.len);
    memcpy(c.nonce, action->nonce.ptr, COMMAND_NONCE_BYTES);
    return command_seal(&c, s->keys.command_key, out, err);
}

int signer_clock(const struct server *s, struct str device, struct str challenge, struct buf *out,
                 struct err *err)
{
    struct buf id CLEANUP(buf_done) = {0};
    struct buf args CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &args};
    if (challenge.len != CHALLENGE_CHARS)
        return err_set(err, E_PARSE, "challenge of %zu characters, expected %d", challenge.len,
                       CHALLENGE_CHARS);
    buf_addf(&id, "clock-%.*s", STR_FMT(challenge));
    json_object_begin(&j);
    json_kv_str(&j, "challenge", challenge);
    json_object_end(&j);
    if (buf_check(&id) || buf_check(&args))
        return err_set(err, E_NOMEM, "out of memory");
    int64_t now = clock_wall_ns();
    struct command c = {
        .device = device,
        .action = buf_str(&id),
        .name = STR("clock"),
        .arguments = buf_str(&args),
        .issued_ns = now,
        .expires_ns = now + CLOCK_LIFE_S * NS_PER_S,
    };
    random_bytes(c.nonce, sizeof c.nonce);
    return command_seal(&c, s->keys.command_key, out, err);
}
