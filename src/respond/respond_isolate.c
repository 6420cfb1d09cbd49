/* The actions isolate and release: from arguments to the desired state of isolation.h. The server
 * puts "lifeline", its own addresses, in front of the arguments when it signs a containment order.
 */
#include "os/clock.h"
#include "respond/mdm.h"
#include "respond/message.h"
#include "respond/respond.h"

/* Add the addresses of one argument to one list. */
static int read_list(const json_t *args, const char *key, struct isolate_address *list,
                     uint32_t *len, struct err *err)
{
    const json_t *items = json_object_get(args, key);
    if (items && !json_is_array(items))
        return err_set(err, E_ARG, "argument '%s' is a list of addresses", key);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        struct isolate_address a;
        int rc = json_is_string(item)
                     ? isolate_address_parse(
                           str_n(json_string_value(item), json_string_length(item)), &a, err)
                     : err_set(err, E_ARG, "not a text");
        if (rc == 0)
            rc = isolate_policy_add(list, len, &a, err);
        if (rc) {
            err_prefix(err, "argument '%s', item %zu", key, i + 1);
            return E_ARG;
        }
    }
    return 0;
}

static int read_policy(const json_t *args, struct isolate_policy *p, struct err *err)
{
    int rc = read_list(args, "lifeline", p->lifeline, &p->lifeline_len, err);
    if (rc == 0)
        rc = read_list(args, "allow", p->allow, &p->allow_len, err);
    if (rc == 0 && p->lifeline_len == 0)
        rc = err_set(err, E_ARG, "the order names no address of the server");
    return rc;
}

static int check_isolate(const json_t *args, struct err *err)
{
    struct isolate_policy p = {0};
    return read_policy(args, &p, err);
}

static int check_release(const json_t *args, struct err *err)
{
    (void)args;
    (void)err;
    return 0;
}

/* The user is told in passing: that nobody is there to read it fails nothing. */
static void tell_user(const json_t *args, const char *title, json_t *result)
{
    const json_t *text = json_object_get(args, "message");
    struct message_report report;
    if (json_string_length(text) == 0)
        return;
    int rc = message_show(str_of(title), str_n(json_string_value(text), json_string_length(text)),
                          &report, NULL);
    (void)json_object_set_new(result, "message_shown", json_boolean(rc == 0));
}

static void add_status(const struct isolation *i, json_t *result)
{
    struct isolation_status s;
    isolation_status(i, &s);
    (void)json_object_set_new(result, "isolated", json_boolean(s.isolated));
    (void)json_object_set_new(result, "generation", json_integer((json_int_t)s.generation));
    (void)json_object_set_new(result, "persisted", json_boolean(s.persisted));
}

/* What the look from inside saw: "server" must have answered, "others" must not. */
static void add_probe(const struct isolation *i, json_t *result)
{
    struct isolation_status s;
    isolation_status(i, &s);
    json_t *probe = json_pack("{s:s, s:s}", "server", isolate_seen_name(s.probe.server), "others",
                              isolate_seen_name(s.probe.others));
    (void)json_object_set_new(result, "probe", probe);
}

static int check_env(const struct respond_env *env, struct err *err)
{
    if (!env->isolation || env->generation == 0)
        return err_set(err, E_ARG, "a containment order needs a generation");
    return 0;
}

static int run_isolate(const struct respond_env *env, const json_t *args, json_t *result,
                       struct err *err)
{
    struct isolate_policy p = {.generation = env->generation,
                               .uid = env->lifeline_uid,
                               .keep_mdm = mdm_enrolled(MDM_PROFILES)};
    int rc = check_env(env, err);
    if (rc == 0)
        rc = read_policy(args, &p, err);
    if (rc)
        return rc;
    rc = isolation_order(env->isolation, &p, NULL, clock_mono_ms(), err);
    add_status(env->isolation, result);
    add_probe(env->isolation, result);
    if (rc == 0)
        tell_user(args, "This device is isolated", result);
    return rc;
}

static int run_release(const struct respond_env *env, const json_t *args, json_t *result,
                       struct err *err)
{
    int rc = check_env(env, err);
    if (rc)
        return rc;
    rc = isolation_release(env->isolation, env->generation, err);
    add_status(env->isolation, result);
    if (rc == 0)
        tell_user(args, "This device is no longer isolated", result);
    return rc;
}

const struct respond_handler isolate_handler = {ACTION_ISOLATE, check_isolate, run_isolate};
const struct respond_handler release_handler = {ACTION_RELEASE, check_release, run_release};
