/* Calls of the administration API. See api.h. */
#include "cli/api.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "crypto/secret.h"
#include "net/http_client.h"
#include "os/file.h"

#define TOKEN_BYTES_MAX  4096
#define ANSWER_BYTES_MAX (UINT64_C(64) << 20)
#define PAGE_ITEMS       "1000"
#define PAGES_MAX        10000 /* a server that never ends a list is broken */

const struct opt_row api_shared_rows[] = {
    {"server", 0, OPT_TEXT, "URL", "instead of the server of the last login", 0, 0},
    {"fingerprint", 0, OPT_TEXT, "SHA256", "CA of that server", 0, 0},
    {"token-file", 0, OPT_TEXT, "PATH", "file with the API token", 0, 0},
    {"timeout", 0, OPT_DURATION, "TIME", "longest time for one call (default 60s)", 0, 0},
    OPT_END,
};

struct api {
    struct config config; /* server, ca and perhaps token */
    struct http_client *client;
    struct buf bearer; /* value of the Authorization header, secret */
};

void json_freep(json_t **json)
{
    json_decref(*json);
    *json = NULL;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    config_done(&api->config);
    http_client_free(api->client);
    secret_buf_done(&api->bearer);
    mem_free(api);
}

void api_freep(struct api **api)
{
    api_free(*api);
    *api = NULL;
}

const char *api_server(const struct api *api)
{
    return api->config.server;
}

/* ------------------------------------------------------------------ opening */

static int make_client(struct api *api, int64_t timeout_ns, struct err *err)
{
    unsigned char fingerprint[TLS_FINGERPRINT_BYTES];
    size_t len = 0;
    if (text_hex_decode(str_of(api->config.ca), fingerprint, sizeof(fingerprint), &len) ||
        len != sizeof(fingerprint))
        return err_set(err, E_PARSE, "the CA fingerprint '%s' is damaged; log in again",
                       api->config.ca);
    const struct tls_client_options tls = {.ca_fingerprint = fingerprint};
    const struct http_client_options options = {.tls = &tls, .timeout_ms = timeout_ns / NS_PER_MS};
    return http_client_new(&options, &api->client, err);
}

static int make_bearer(struct api *api, struct err *err)
{
    const char *token = api->config.token;
    if (!token)
        return 0;
    for (const char *c = token; *c; c++) {
        if (*c <= ' ' || *c == 0x7f)
            return err_set(err, E_ARG, "the token holds white space or control characters");
    }
    /* Reserved at once: a buffer that grows would leave copies of the secret behind. */
    if (buf_reserve(&api->bearer, strlen(token) + sizeof("Bearer ")))
        return E_NOMEM;
    buf_addf(&api->bearer, "Bearer %s", token);
    return buf_check(&api->bearer);
}

static int copy(char **to, const char *from)
{
    char *made = from ? mem_strdup(from) : NULL;
    if (from && !made)
        return E_NOMEM;
    *to = made;
    return 0;
}

/* Takes the strings of `config` over. */
static int open_taking(struct config *config, int64_t timeout_ns, struct api **ret_api,
                       struct err *err)
{
    struct api *api CLEANUP(api_freep) = mem_calloc(1, sizeof(*api));
    if (!api)
        return E_NOMEM;
    api->config = *config;
    *config = (struct config){0};
    int rc = make_client(api, timeout_ns, err);
    if (!rc)
        rc = make_bearer(api, err);
    if (rc)
        return rc;
    *ret_api = TAKE(api);
    return 0;
}

int api_open_config(const struct config *config, struct api **ret_api, struct err *err)
{
    struct config c CLEANUP(config_done) = {0};
    int rc = copy(&c.server, config->server);
    if (!rc)
        rc = copy(&c.ca, config->ca);
    if (!rc)
        rc = copy(&c.token, config->token);
    return rc ? rc : open_taking(&c, 0, ret_api, err);
}

static const char *chosen(const struct opt *opt, const char *option, const char *variable)
{
    const char *given = opt_text(opt, option, NULL);
    const char *set = variable ? getenv(variable) : NULL;
    return given ? given : set && *set ? set : NULL;
}

static int load_file(struct config *c, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    int rc = config_path(&path, err);
    if (!rc)
        rc = config_load(buf_cstr(&path), c, err);
    if (rc != E_NOT_FOUND)
        return rc;
    err_clear(err); /* never logged in: options and environment may say everything */
    return 0;
}

static int choose_server(const struct opt *opt, struct config *c, struct err *err)
{
    const char *url = chosen(opt, "server", "CORDON_SERVER");
    char *server CLEANUP(mem_freep) = NULL;
    if (!url)
        return 0;
    int rc = config_server(url, &server, err);
    if (rc)
        return rc;
    if (c->server && str_is(str_of(server), c->server))
        return 0;
    config_done(c); /* what is kept is another server's and no business of this one */
    c->server = TAKE(server);
    return 0;
}

static int choose_ca(const struct opt *opt, struct config *c, struct err *err)
{
    const char *text = chosen(opt, "fingerprint", "CORDON_FINGERPRINT");
    char *hex = NULL;
    int rc = text ? config_fingerprint(text, &hex, err) : 0;
    if (rc || !text)
        return rc;
    mem_free(c->ca);
    c->ca = hex;
    return 0;
}

static int choose_token(const struct opt *opt, struct config *c, struct err *err)
{
    const char *file = chosen(opt, "token-file", NULL);
    const char *set = getenv("CORDON_TOKEN");
    struct buf text CLEANUP(secret_buf_done) = {0};
    struct str token = str_of(set && *set ? set : "");
    int rc = file ? file_read(file, TOKEN_BYTES_MAX, &text, err) : 0;
    if (!rc && file)
        token = str_trim(buf_str(&text));
    if (!rc && token.len) {
        char *made = mem_strndup(token.ptr, token.len);
        rc = made ? 0 : E_NOMEM;
        if (made) {
            mem_free(c->token);
            c->token = made;
        }
    }
    return rc;
}

int api_open(const struct opt *opt, struct api **ret_api, struct err *err)
{
    struct config c CLEANUP(config_done) = {0};
    int rc = load_file(&c, err);
    if (!rc)
        rc = choose_server(opt, &c, err);
    if (!rc)
        rc = choose_ca(opt, &c, err);
    if (!rc)
        rc = choose_token(opt, &c, err);
    if (rc)
        return rc;
    if (!c.server)
        return err_set(err, E_AUTH,
                       "no server is known; log in with 'cordon login https://SERVER'");
    if (!c.ca)
        return err_set(err, E_AUTH, "the CA of %s is not known; log in to it or name --fingerprint",
                       c.server);
    return open_taking(&c, opt_number(opt, "timeout", 0), ret_api, err);
}

/* ------------------------------------------------------------------ one call */

static void add_escaped(struct buf *out, struct str text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c && strchr(plain, c))
            buf_add_char(out, c);
        else
            buf_addf(out, "%%%02X", (unsigned char)c);
    }
}

void api_query_add(struct buf *query, const char *key, const char *value)
{
    if (!value)
        return;
    buf_addf(query, "%s%s=", query->len ? "&" : "", key);
    add_escaped(query, str_of(value));
}

static void add_url(const struct api *api, enum route_id route, const struct api_request *request,
                    struct buf *url)
{
    struct str path = route_table[route].path;
    size_t brace = str_find_char(path, '{');
    size_t end = str_find_char(path, '}');
    buf_add_cstr(url, api->config.server);
    buf_add_str(url, str_sub(path, 0, brace));
    if (brace != SIZE_MAX && end != SIZE_MAX) {
        add_escaped(url, request->id);
        buf_add_str(url, str_sub(path, end + 1, SIZE_MAX));
    }
    if (request->query.len) {
        buf_add_char(url, '?');
        buf_add_str(url, request->query);
    }
}

static int code_of(struct str name, int status)
{
#define SAME_NAME(code, number, http, exit, text)                                                  \
    if (str_is(name, #code))                                                                       \
        return code;
    ERR_LIST(SAME_NAME)
#undef SAME_NAME
#define SAME_STATUS(code, number, http, exit, text)                                                \
    if (status == (http))                                                                          \
        return code;
    ERR_LIST(SAME_STATUS)
#undef SAME_STATUS
    return E_IO;
}

static struct str member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? str_n(json_string_value(value), json_string_length(value))
                                 : (struct str){0};
}

/* The server's own words where it has some. */
static int problem(const struct api *api, enum route_id route,
                   const struct http_client_answer *answer, struct err *err)
{
    json_t *body CLEANUP(json_freep) =
        json_loadb(answer->body.ptr ? answer->body.ptr : "", answer->body.len, 0, NULL);
    struct str detail = member(body, "detail");
    if (!detail.len)
        detail = member(body, "title");
    int code = code_of(member(body, "code"), answer->status);
    if (!detail.len)
        return err_set(err, code, "%s answers with HTTP status %d", api->config.server,
                       answer->status);
    if (code == E_AUTH && route != ROUTE_LOGIN)
        return err_set(err, code, "%.*s (cordon login %s)", STR_FMT(detail), api->config.server);
    return err_set(err, code, "%.*s", STR_FMT(detail));
}

static int parse(const struct api *api, const struct http_client_answer *answer,
                 json_t **ret_answer, struct err *err)
{
    json_error_t why;
    if (!ret_answer)
        return 0;
    json_t *made = answer->body.len ? json_loadb(answer->body.ptr, answer->body.len,
                                                 JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why)
                                    : json_null();
    if (!made)
        return err_set(err, E_PARSE, "%s does not answer in JSON: %s", api->config.server,
                       why.text);
    json_decref(*ret_answer);
    *ret_answer = made;
    return 0;
}

static void free_text(char **text)
{
    if (*text)
        secret_wipe(*text, strlen(*text)); /* may hold a password */
    free(*text);                           /* jansson's own allocation */
}

static size_t read_file(char *ptr, size_t cap, void *arg)
{
    ssize_t n = read(*(const int *)arg, ptr, cap);
    return n < 0 ? SIZE_MAX : (size_t)n;
}

int api_call(struct api *api, enum route_id route, const struct api_request *request,
             json_t **ret_answer, struct err *err)
{
    struct buf url CLEANUP(buf_done) = {0};
    struct http_client_answer answer CLEANUP(http_client_answer_done) = {0};
    char *body CLEANUP(free_text) = request->body ? json_dumps(request->body, JSON_COMPACT) : NULL;
    const struct http_client_header bearer = {"Authorization", buf_str(&api->bearer)};
    if (request->body && !body)
        return E_NOMEM;
    add_url(api, route, request, &url);
    if (buf_check(&url))
        return E_NOMEM;
    struct http_client_request call = {
        .method = route_table[route].method.ptr,
        .url = buf_cstr(&url),
        .headers = &bearer,
        .header_count = api->bearer.len ? 1 : 0,
        .content_type = body ? "application/json" : NULL,
        .body = str_of(body),
        .answer_bytes_max = ANSWER_BYTES_MAX,
    };
    int file = request->file;
    if (request->file_bytes) {
        call.content_type = "application/octet-stream";
        call.read = read_file;
        call.read_arg = &file;
        call.read_bytes = request->file_bytes;
    }
    int rc = http_client_call(api->client, &call, &answer, err);
    if (rc)
        return rc;
    if (answer.status < 200 || answer.status > 299)
        return problem(api, route, &answer, err);
    return parse(api, &answer, ret_answer, err);
}

/* ------------------------------------------------------------------ lists */

static int next_page(const json_t *page, struct buf *cursor, struct err *err)
{
    struct str next = member(page, "next");
    if (next.len && str_eq(next, buf_str(cursor)))
        return err_set(err, E_PARSE, "the server repeats a page of the list");
    buf_clear(cursor);
    buf_add_str(cursor, next);
    return buf_check(cursor);
}

static int add_items(const json_t *page, int64_t most, json_t *items, struct err *err)
{
    const json_t *list = json_object_get(page, "items");
    if (!json_is_array(list))
        return err_set(err, E_PARSE, "the server's answer holds no list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (most > 0 && json_array_size(items) >= (size_t)most)
            return 0;
        if (json_array_append(items, json_array_get(list, i)))
            return E_NOMEM;
    }
    return 0;
}

int api_list(struct api *api, enum route_id route, struct str query, int64_t most,
             json_t **ret_items, struct err *err)
{
    return api_list_of(api, route, STR(""), query, most, ret_items, err);
}

int api_list_of(struct api *api, enum route_id route, struct str id, struct str query, int64_t most,
                json_t **ret_items, struct err *err)
{
    struct buf cursor CLEANUP(buf_done) = {0};
    struct buf full CLEANUP(buf_done) = {0};
    json_t *items CLEANUP(json_freep) = json_array();
    if (!items)
        return E_NOMEM;
    for (unsigned pages = 0; pages < PAGES_MAX; pages++) {
        json_t *page CLEANUP(json_freep) = NULL;
        buf_clear(&full);
        buf_add_str(&full, query);
        api_query_add(&full, "limit", PAGE_ITEMS);
        if (cursor.len)
            api_query_add(&full, "cursor", buf_cstr(&cursor));
        if (buf_check(&full))
            return E_NOMEM;
        struct api_request request = {.id = id, .query = buf_str(&full)};
        int rc = api_call(api, route, &request, &page, err);
        if (!rc)
            rc = add_items(page, most, items, err);
        if (!rc)
            rc = next_page(page, &cursor, err);
        if (rc)
            return rc;
        if (!cursor.len || (most > 0 && json_array_size(items) >= (size_t)most)) {
            json_decref(*ret_items);
            *ret_items = TAKE(items);
            return 0;
        }
    }
    return err_set(err, E_LIMIT, "the list has more than %d pages", PAGES_MAX);
}
