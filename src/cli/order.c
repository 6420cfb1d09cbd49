/* Actions from the command line. See order.h. */
#include "cli/order.h"

#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "cli/view.h"
#include "os/clock.h"
#include "schema/action.h"

#define POLL_NS        (NS_PER_S / 2)
#define DEVICES_LISTED 5 /* ids in the message about an ambiguous host name */

/* ------------------------------------------------------------------ devices */

static int pick_device(const json_t *items, const char *typed, struct buf *ret_id, struct err *err)
{
    struct buf ids CLEANUP(buf_done) = {0};
    struct str found = {0};
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *device = json_array_get(items, i);
        if (!str_eq_nocase(view_text(device, "hostname"), str_of(typed)))
            continue;
        found = view_text(device, "id");
        if (count++ < DEVICES_LISTED)
            buf_addf(&ids, "%s%.*s", ids.len ? ", " : "", STR_FMT(found));
    }
    if (count == 0)
        return err_set(err, E_NOT_FOUND, "no device has the id or host name '%s'", typed);
    if (count > 1)
        return err_set(err, E_ARG, "%zu devices have the host name '%s'; name one by its id: %s%s",
                       count, typed, buf_cstr(&ids), count > DEVICES_LISTED ? ", ..." : "");
    buf_add_str(ret_id, found);
    return buf_check(ret_id);
}

int order_device(struct api *api, const char *typed, struct buf *ret_id, struct err *err)
{
    struct buf query CLEANUP(buf_done) = {0};
    json_t *answer CLEANUP(json_freep) = NULL;
    struct api_request request = {.id = str_of(typed)};
    int rc = api_call(api, ROUTE_DEVICE, &request, &answer, err);
    if (rc == 0) {
        buf_add_str(ret_id, view_text(answer, "id"));
        return buf_check(ret_id);
    }
    if (rc != E_NOT_FOUND && rc != E_ARG && rc != E_PARSE) /* not the form of an id */
        return rc;
    err_clear(err);
    api_query_add(&query, "q", typed);
    if (buf_check(&query))
        return E_NOMEM;
    rc = api_list(api, ROUTE_DEVICES, buf_str(&query), 0, &answer, err);
    return rc ? rc : pick_device(answer, typed, ret_id, err);
}

static int resolve(struct api *api, const char *const *devices, size_t len, json_t *ids,
                   struct err *err)
{
    struct buf id CLEANUP(buf_done) = {0};
    for (size_t i = 0; i < len; i++) {
        buf_clear(&id);
        int rc = order_device(api, devices[i], &id, err);
        if (rc)
            return rc;
        if (json_array_append_new(ids, json_stringn(id.ptr, id.len)))
            return E_NOMEM;
    }
    return 0;
}

/* ------------------------------------------------------------------ following */

static void print_state(struct cli *cli, const json_t *action)
{
    struct str message = view_text(action, "message");
    struct str host = view_text(action, "hostname");
    out_line(&cli->out, "%.*s %.*s: %.*s%s%.*s (action %.*s)", STR_FMT(view_text(action, "name")),
             STR_FMT(host.len ? host : view_text(action, "device")),
             STR_FMT(view_text(action, "state")), message.len ? ": " : "", STR_FMT(message),
             STR_FMT(view_text(action, "id")));
    out_flush(&cli->out);
}

/* The server says whether the action has ended; its states may be newer than this program. */
static bool has_ended(const json_t *action)
{
    return json_is_true(json_object_get(action, "final"));
}

struct followed {
    const char *id; /* borrowed from the array of ids */
    char *state;    /* last one printed; NULL = none yet */
    bool ended;
};

struct follow {
    struct followed *list;
    size_t len;
    size_t open;
    size_t failed;
};

static void follow_done(struct follow *f)
{
    for (size_t i = 0; f->list && i < f->len; i++)
        mem_free(f->list[i].state);
    mem_free(f->list);
}

static int follow_one(struct cli *cli, struct api *api, struct follow *f, struct followed *one,
                      struct err *err)
{
    json_t *action CLEANUP(json_freep) = NULL;
    struct api_request request = {.id = str_of(one->id)};
    int rc = api_call(api, ROUTE_ACTION, &request, &action, err);
    if (rc)
        return rc;
    struct str state = view_text(action, "state");
    if (one->state && str_is(state, one->state))
        return 0;
    print_state(cli, action);
    mem_free(one->state);
    one->state = mem_strndup(state.ptr ? state.ptr : "", state.len);
    if (!one->state)
        return E_NOMEM;
    state = str_of(one->state);
    one->ended = has_ended(action);
    if (one->ended) {
        f->open--;
        f->failed += str_is(state, action_state_table[ACTION_SUCCEEDED].name.ptr) ? 0 : 1;
    }
    return 0;
}

static int follow_round(struct cli *cli, struct api *api, struct follow *f, struct err *err)
{
    for (size_t i = 0; i < f->len && !cli_interrupted(); i++) {
        struct followed *one = &f->list[i];
        if (one->ended)
            continue;
        int rc = follow_one(cli, api, f, one, err);
        if (rc)
            return rc;
    }
    return 0;
}

int order_watch(struct cli *cli, struct api *api, const json_t *ids, int64_t timeout_ns,
                struct err *err)
{
    struct follow f CLEANUP(follow_done) = {.len = json_array_size(ids)};
    const struct timespec pause = {.tv_nsec = POLL_NS};
    int64_t end_ns = clock_mono_ns() + timeout_ns;
    f.open = f.len;
    f.list = mem_calloc(f.len ? f.len : 1, sizeof(*f.list));
    if (!f.list)
        return E_NOMEM;
    for (size_t i = 0; i < f.len; i++)
        f.list[i].id = json_string_value(json_array_get(ids, i));
    cli_catch_interrupt();
    for (;;) {
        int rc = follow_round(cli, api, &f, err);
        if (rc)
            return rc;
        if (cli_interrupted()) {
            out_line(&cli->err, "the actions go on; 'cordon action watch' follows them again");
            return EXIT_INTERRUPTED;
        }
        if (!f.open)
            return f.failed ? EXIT_REFUSED : 0;
        if (timeout_ns && clock_mono_ns() >= end_ns)
            return err_set(err, E_TIMEOUT, "%zu of %zu actions have not ended yet", f.open, f.len);
        (void)nanosleep(&pause, NULL);
    }
}

/* ------------------------------------------------------------------ ordering */

static int order_body(const char *name, const char *confirm_host, const char *reason,
                      json_t *devices, json_t *arguments, json_t **ret_body)
{
    json_t *body CLEANUP(json_freep) = json_pack("{s:s, s:O, s:O, s:s}", "name", name, "devices",
                                                 devices, "arguments", arguments, "reason", reason);
    if (!body ||
        (confirm_host && json_object_set_new(body, "confirm_host", json_string(confirm_host))))
        return E_NOMEM;
    *ret_body = TAKE(body);
    return 0;
}

/* The answer to the order: for people a line an action, unless they are followed anyway. */
static int print_orders(struct cli *cli, const struct opt *opt, const json_t *items, json_t *ids)
{
    unsigned form = opt_choice(opt, "output");
    if (form != LISTING_TABLE) {
        int rc = view_list(&cli->out, form, NULL, 0, items);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *action = json_array_get(items, i);
        if (form == LISTING_TABLE && !opt_number(opt, "wait", 0))
            print_state(cli, action);
        if (json_array_append(ids, json_object_get(action, "id")))
            return E_NOMEM;
    }
    return 0;
}

int order_action(struct cli *cli, struct api *api, const struct opt *opt, const char *name,
                 const char *confirm_host, const char *const *devices, size_t devices_len,
                 json_t *arguments, struct err *err)
{
    json_t *args CLEANUP(json_freep) = arguments;
    json_t *device_ids CLEANUP(json_freep) = json_array();
    json_t *action_ids CLEANUP(json_freep) = json_array();
    json_t *body CLEANUP(json_freep) = NULL;
    json_t *answer CLEANUP(json_freep) = NULL;
    const char *reason = opt_text(opt, "reason", NULL);
    if (!args || !device_ids || !action_ids)
        return E_NOMEM;
    if (!reason)
        return err_set(err, E_ARG, "say why: --reason=TEXT");
    int rc = resolve(api, devices, devices_len, device_ids, err);
    if (!rc)
        rc = order_body(name, confirm_host, reason, device_ids, args, &body);
    if (rc)
        return rc;
    struct api_request request = {.body = body};
    rc = api_call(api, ROUTE_ACTION_CREATE, &request, &answer, err);
    if (!rc)
        rc = print_orders(cli, opt, json_object_get(answer, "items"), action_ids);
    int64_t wait_ns = opt_number(opt, "wait", 0);
    return rc || !wait_ns ? rc : order_watch(cli, api, action_ids, wait_ns, err);
}
