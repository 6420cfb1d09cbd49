/* `cordon login|logout|whoami`. The first login pins the server's CA: by --fingerprint, or by a
 * typed yes. Passwords and tokens are typed or come from a file, never from the command line. */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "cli/api.h"
#include "cli/cmd_fleet.h"
#include "cli/listing.h"
#include "cli/pin.h"
#include "cli/prompt.h"
#include "cli/view.h"
#include "crypto/secret.h"
#include "os/file.h"

#define CONNECT_MS      10000
#define TOKEN_BYTES_MAX 4096

const struct opt_row cmd_login_rows[] = {
    {"fingerprint", 0, OPT_TEXT, "SHA256",
     "fingerprint of the server's CA, as its setup printed it", 0, 0},
    {"token-file", 0, OPT_TEXT, "PATH", "log in with the API token in this file", 0, 0},
    {"user", 'u', OPT_TEXT, "NAME", "account; asked for when not given", 0, 0},
    {"token", 0, OPT_FLAG, NULL, "log in with an API token, which is asked for, instead", 0, 0},
    OPT_END,
};

/* ------------------------------------------------------------------ the server's CA */

static int ask_pin(struct cli *cli, const char *server, char **ret_hex, struct err *err)
{
    struct pin pin;
    struct buf until CLEANUP(buf_done) = {0};
    int rc = pin_fetch(server, CONNECT_MS, &pin, err);
    if (rc)
        return rc;
    timefmt_add(&until, pin.not_after_ns, 0);
    out_line(&cli->err,
             "%s is not known yet. It shows the CA '%s', good until %s, with the "
             "SHA-256 fingerprint",
             server, pin.name, buf_cstr(&until));
    out_line(&cli->err, "  %s", pin.sha256);
    rc = prompt_word(
        cli, "Does the server's administrator give the same? Type 'yes' to trust it: ", "yes", err);
    if (rc) {
        err_prefix(err, "the CA of %s is not trusted (--fingerprint names it without a question)",
                   server);
        return rc;
    }
    *ret_hex = mem_strdup(pin.sha256);
    return *ret_hex ? 0 : E_NOMEM;
}

/* The pin: what was given, what is known of this very server, or what a person confirms. */
static int choose_pin(struct cli *cli, const struct opt *opt, const struct config *known,
                      struct config *c, struct err *err)
{
    const char *given = opt_text(opt, "fingerprint", NULL);
    if (given)
        return config_fingerprint(given, &c->ca, err);
    if (known->server && known->ca && str_is(str_of(known->server), c->server)) {
        c->ca = mem_strdup(known->ca);
        return c->ca ? 0 : E_NOMEM;
    }
    return ask_pin(cli, c->server, &c->ca, err);
}

/* ------------------------------------------------------------------ who */

static int keep(char **to, struct str text)
{
    char *copy = mem_strndup(text.ptr ? text.ptr : "", text.len);
    if (!copy)
        return E_NOMEM;
    *to = copy;
    return 0;
}

static int take_token(struct cli *cli, const struct opt *opt, struct config *c, struct err *err)
{
    struct buf secret CLEANUP(secret_buf_done) = {0};
    const char *file = opt_text(opt, "token-file", NULL);
    int rc = file ? file_read(file, TOKEN_BYTES_MAX, &secret, err)
                  : prompt_secret(cli, "API token: ", &secret, err);
    if (rc)
        return rc;
    struct str token = str_trim(buf_str(&secret));
    return token.len ? keep(&c->token, token) : err_set(err, E_ARG, "the token is empty");
}

static int post_login(struct api *api, struct str user, const struct buf *password,
                      const struct buf *next, json_t **ret_answer, struct err *err)
{
    json_t *body CLEANUP(json_freep) =
        json_pack("{s:s%, s:s%}", "name", user.ptr, user.len, "password",
                  password->ptr ? password->ptr : "", password->len);
    if (!body)
        return err_set(err, E_ARG, "the name or the password is not UTF-8 text");
    if (next && json_object_set_new(body, "new_password", json_stringn(next->ptr, next->len)))
        return err_set(err, E_ARG, "the new password is not UTF-8 text");
    struct api_request request = {.body = body};
    return api_call(api, ROUTE_LOGIN, &request, ret_answer, err);
}

static int ask_new_password(struct cli *cli, struct buf *next, struct err *err)
{
    struct buf again CLEANUP(secret_buf_done) = {0};
    out_line(&cli->err, "This password is good once; choose your own.");
    int rc = prompt_secret(cli, "New password: ", next, err);
    if (!rc)
        rc = prompt_secret(cli, "New password again: ", &again, err);
    if (!rc && !str_eq(buf_str(next), buf_str(&again)))
        rc = err_set(err, E_ARG, "the two are not the same");
    return rc;
}

static int password_login(struct cli *cli, const struct opt *opt, struct config *c, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf user CLEANUP(buf_done) = {0};
    struct buf password CLEANUP(secret_buf_done) = {0};
    struct buf next CLEANUP(secret_buf_done) = {0};
    json_t *answer CLEANUP(json_freep) = NULL;
    const char *given = opt_text(opt, "user", NULL);
    if (given)
        buf_add_cstr(&user, given);
    int rc = given ? buf_check(&user) : prompt_line(cli, "User: ", &user, err);
    if (!rc)
        rc = prompt_secret(cli, "Password: ", &password, err);
    if (!rc)
        rc = api_open_config(c, &api, err);
    if (!rc)
        rc = post_login(api, buf_str(&user), &password, NULL, &answer, err);
    if (rc == E_STATE) {
        err_clear(err);
        rc = ask_new_password(cli, &next, err);
        if (!rc)
            rc = post_login(api, buf_str(&user), &password, &next, &answer, err);
    }
    if (!rc)
        rc = keep(&c->token, view_text(answer, "token"));
    if (!rc)
        rc = keep(&c->expires, view_text(answer, "expires"));
    return rc;
}

/* ------------------------------------------------------------------ the commands */

static int who(const struct config *c, json_t **ret_answer, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct api_request request = {0};
    int rc = api_open_config(c, &api, err);
    return rc ? rc : api_call(api, ROUTE_WHOAMI, &request, ret_answer, err);
}

int cmd_login(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct config known CLEANUP(config_done) = {0};
    struct config c CLEANUP(config_done) = {0};
    struct buf path CLEANUP(buf_done) = {0};
    json_t *answer CLEANUP(json_freep) = NULL;
    int rc = config_path(&path, err);
    if (!rc)
        rc = config_load(buf_cstr(&path), &known, err);
    if (rc == E_NOT_FOUND && path.len) {
        err_clear(err);
        rc = 0;
    }
    if (!rc)
        rc = config_server(opt->args[0], &c.server, err);
    if (!rc)
        rc = choose_pin(cli, opt, &known, &c, err);
    if (!rc && (opt_flag(opt, "token") || opt_text(opt, "token-file", NULL)))
        rc = take_token(cli, opt, &c, err);
    else if (!rc)
        rc = password_login(cli, opt, &c, err);
    if (!rc)
        rc = who(&c, &answer, err);
    if (!rc)
        rc = keep(&c.user, view_text(answer, "name"));
    if (!rc)
        rc = config_save(buf_cstr(&path), &c, err);
    if (!rc)
        out_line(&cli->out, "logged in to %s as %s (%.*s)", c.server, c.user,
                 STR_FMT(view_text(answer, "role")));
    return rc;
}

int cmd_logout(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct config c CLEANUP(config_done) = {0};
    struct buf path CLEANUP(buf_done) = {0};
    struct api_request request = {0};
    int rc = config_path(&path, err);
    if (!rc)
        rc = config_load(buf_cstr(&path), &c, err);
    if (!rc)
        rc = api_open(opt, &api, err);
    if (!rc)
        rc = api_call(api, ROUTE_LOGOUT, &request, NULL, err);
    /* A token that the server no longer knows is as good as logged out. */
    if (rc && rc != E_AUTH)
        return rc;
    err_clear(err);
    /* The pin stays: the next login to this server needs no question. */
    mem_freep(&c.user);
    mem_freep(&c.expires);
    if (c.token)
        secret_wipe(c.token, strlen(c.token));
    mem_freep(&c.token);
    rc = config_save(buf_cstr(&path), &c, err);
    if (!rc)
        out_line(&cli->out, "logged out of %s", c.server ? c.server : "the server");
    return rc;
}

int cmd_whoami(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct view_column columns[] = {
        {"name", "name"}, {"role", "role"}, {"permissions", "permissions"}};
    struct api *api CLEANUP(api_freep) = NULL;
    json_t *answer CLEANUP(json_freep) = NULL;
    struct api_request request = {0};
    int rc = api_open(opt, &api, err);
    if (!rc)
        rc = api_call(api, ROUTE_WHOAMI, &request, &answer, err);
    return rc ? rc
              : view_card(&cli->out, opt_choice(opt, "output"), columns, ARRAY_LEN(columns),
                          answer);
}
