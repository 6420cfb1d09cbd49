/* `cordon doctor`: checks the way from here to the fleet, one line a check, and says what to do
 * about each that failed. Changes nothing. */
#include "cli/api.h"
#include "cli/cmd_fleet.h"
#include "cli/pin.h"
#include "cli/view.h"

#define CONNECT_MS       10000
#define HEX_SHA256_BYTES 64

struct doctor {
    struct cli *cli;
    const struct opt *opt;
    struct config config;
    unsigned failures;
};

static void doctor_done(struct doctor *d)
{
    config_done(&d->config);
}

static void good(struct doctor *d, const char *what, struct str detail)
{
    out_line(&d->cli->out, "ok    %s%s%.*s", what, detail.len ? ": " : "", STR_FMT(detail));
}

static void bad(struct doctor *d, const char *what, const struct err *err, const char *advice)
{
    d->failures++;
    out_line(&d->cli->out, "FAIL  %s: %s", what, err->message);
    out_line(&d->cli->out, "      %s", advice);
}

/* Each check returns whether the next one makes sense. */

static bool check_config(struct doctor *d)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct err err = {0};
    int rc = config_path(&path, &err);
    if (!rc)
        rc = config_load(buf_cstr(&path), &d->config, &err);
    if (rc) {
        bad(d, "configuration", &err, "Log in with 'cordon login https://SERVER'.");
        return false;
    }
    good(d, "configuration", buf_str(&path));
    if (!d->config.server || !d->config.ca) {
        (void)err_set(&err, E_STATE, "no server or no CA is kept in it");
        bad(d, "server", &err, "Log in with 'cordon login https://SERVER'.");
        return false;
    }
    good(d, "server", str_of(d->config.server));
    return true;
}

static bool check_certificate(struct doctor *d)
{
    struct pin pin;
    struct err err = {0};
    int rc = pin_fetch(d->config.server, CONNECT_MS, &pin, &err);
    if (rc) {
        bad(d, "connection", &err,
            "Check the server's address, the network, a VPN or proxy, and that cordond runs.");
        return false;
    }
    good(d, "connection", str_of("TLS 1.3"));
    if (!str_is(str_n(pin.sha256, HEX_SHA256_BYTES), d->config.ca)) {
        (void)err_set(&err, E_CRYPTO, "the server shows the CA %s, not the one trusted at login",
                      pin.sha256);
        bad(d, "certificate", &err,
            "Somebody may be between you and the server. If its CA was really replaced, log in "
            "again with --fingerprint.");
        return false;
    }
    good(d, "certificate", str_of("chains to the CA trusted at login"));
    return true;
}

static bool check_call(struct doctor *d, const char *what, struct api *api, enum route_id route,
                       const char *advice, json_t **ret_answer)
{
    struct err err = {0};
    struct api_request request = {0};
    if (api_call(api, route, &request, ret_answer, &err)) {
        bad(d, what, &err, advice);
        return false;
    }
    return true;
}

static int check_server(struct doctor *d, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *ready CLEANUP(json_freep) = NULL;
    json_t *person CLEANUP(json_freep) = NULL;
    int rc = api_open(d->opt, &api, err);
    if (rc)
        return rc;
    if (check_call(d, "server is ready", api, ROUTE_READYZ,
                   "Look at cordond's log and at the free space of its data folder.", &ready))
        good(d, "server is ready", (struct str){0});
    if (check_call(d, "login", api, ROUTE_WHOAMI, "Log in again with 'cordon login'.", &person)) {
        good(d, "login", view_text(person, "name"));
        if (d->config.expires)
            good(d, "login expires", str_of(d->config.expires));
    }
    return 0;
}

int cmd_doctor(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct doctor d CLEANUP(doctor_done) = {.cli = cli, .opt = opt};
    if (check_config(&d) && check_certificate(&d)) {
        int rc = check_server(&d, err);
        if (rc)
            return rc;
    }
    return d.failures ? EXIT_REFUSED : 0;
}
