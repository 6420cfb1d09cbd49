/* The web console's files over HTTP. See console.h. The page is sent with a nonce of its own, so
 * that style elements of the page's making are told from those an attacker would bring in; nothing
 * else about an answer depends on who asks. */
#include "server/console.h"

#include "base/buf.h"
#include "base/text.h"
#include "net/http_answer.h"
#include "os/random.h"

enum { NONCE_BYTES = 16 };

#define ASSETS "/assets/"

/* First parts of paths that are not the console's. */
static const char *const reserved[] = {"api", "device", "livez", "readyz", "metrics"};

static bool is_reserved(struct str path)
{
    struct str rest = str_sub(path, 1, SIZE_MAX);
    struct str first;
    if (!str_next(&rest, '/', &first))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (str_is(first, reserved[i]))
            return true;
    }
    return false;
}

static const struct console_file *find_file(struct str path)
{
    for (size_t i = 0; i < console_files_len; i++) {
        if (str_eq(console_files[i].path, path))
            return &console_files[i];
    }
    return NULL;
}

enum console_kind console_find(struct str path, const struct console_file **ret_file)
{
    const struct console_file *file;
    if (!str_starts(path, STR("/")) || is_reserved(path))
        return CONSOLE_NOTHING;
    bool is_asset = str_starts(path, STR(ASSETS));
    bool is_page = !is_asset && str_find_char(str_basename(path), '.') == SIZE_MAX;
    file = find_file(is_page ? STR("/index.html") : path);
    if (!file)
        return CONSOLE_NOTHING;
    *ret_file = file;
    if (is_asset)
        return CONSOLE_ASSET;
    return is_page || str_is(path, "/index.html") ? CONSOLE_PAGE : CONSOLE_FILE;
}

/* ---------------------------------------------------------------- headers */

static void add_common(struct http_req *req)
{
    http_answer_header(req, "Referrer-Policy", STR("no-referrer"));
    http_answer_header(req, "Cross-Origin-Opener-Policy", STR("same-origin"));
    http_answer_header(req, "Cross-Origin-Resource-Policy", STR("same-origin"));
}

/* What a browser may do with the page. Styles need the nonce because the console's components make
 * style elements; scripts come from files only. */
static void add_policy(struct http_req *req, struct str nonce)
{
    struct buf policy CLEANUP(buf_done) = {0};
    buf_addf(&policy,
             "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%.*s'; "
             "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
             "form-action 'self'; frame-ancestors 'none'",
             STR_FMT(nonce));
    http_answer_header(req, "Content-Security-Policy", buf_str(&policy));
}

/* @return true when the client has it and was told so */
static bool answer_known(struct http_req *req, struct str etag)
{
    if (!http_etag_listed(http1_find(http_req_head(req), "if-none-match"), etag))
        return false;
    http_answer_send(req, 304, NULL, STR(""));
    return true;
}

/* ---------------------------------------------------------------- the page */

static void make_nonce(struct buf *nonce)
{
    unsigned char bytes[NONCE_BYTES];
    random_bytes(bytes, sizeof bytes);
    text_base64_add(nonce, bytes, sizeof bytes);
    while (nonce->len && nonce->ptr[nonce->len - 1] == '=')
        buf_truncate(nonce, nonce->len - 1);
}

static void fill_in(struct str page, struct str nonce, struct buf *out)
{
    const struct str mark = STR(CONSOLE_NONCE_PLACEHOLDER);
    for (;;) {
        size_t at = str_find(page, mark);
        buf_add_str(out, str_sub(page, 0, at));
        if (at == SIZE_MAX)
            return;
        buf_add_str(out, nonce);
        page = str_sub(page, at + mark.len, SIZE_MAX);
    }
}

/* The tag is a weak one, because two answers differ in their nonce. "Not modified" names no policy:
 * the browser goes on with the page it has and the policy, and nonce, that came with it. */
static void answer_page(struct http_req *req, const struct console_file *file)
{
    struct buf nonce CLEANUP(buf_done) = {0};
    struct buf tag CLEANUP(buf_done) = {0};
    struct buf page CLEANUP(buf_done) = {0};
    buf_addf(&tag, "W/\"%.*s\"", STR_FMT(file->hash));
    http_answer_header(req, "Cache-Control", STR("no-cache"));
    http_answer_header(req, "ETag", buf_str(&tag));
    if (answer_known(req, str_sub(buf_str(&tag), 2, SIZE_MAX)))
        return;
    make_nonce(&nonce);
    fill_in(file->forms[HTTP_IDENTITY], buf_str(&nonce), &page);
    if (buf_check(&nonce) || buf_check(&page)) {
        http_answer_problem(req, 0, E_NOMEM, NULL);
        return;
    }
    add_common(req);
    add_policy(req, buf_str(&nonce));
    http_answer_send(req, 200, file->type.ptr, buf_str(&page));
}

/* ---------------------------------------------------------------- other files */

static unsigned forms_of(const struct console_file *file)
{
    unsigned offered = 1u << HTTP_IDENTITY;
    for (unsigned i = 0; i < HTTP_CODINGS; i++) {
        if (file->forms[i].len)
            offered |= 1u << i;
    }
    return offered;
}

static void answer_file(struct http_req *req, const struct console_file *file, bool is_asset)
{
    struct buf tag CLEANUP(buf_done) = {0};
    enum http_coding coding;
    struct str accepted;
    if (http1_find_single(http_req_head(req), "accept-encoding", &accepted) != 0)
        accepted = STR("");
    http_answer_header(req, "Vary", STR("Accept-Encoding"));
    if (http_accept_coding(accepted, forms_of(file), &coding) != 0) {
        http_answer_problem(req, 406, E_UNSUPPORTED, "no coding that this file has is accepted");
        return;
    }
    buf_addf(&tag, "\"%.*s-%s\"", STR_FMT(file->hash), http_coding_name(coding));
    http_answer_header(req, "Cache-Control",
                       is_asset ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    http_answer_header(req, "ETag", buf_str(&tag));
    add_common(req);
    if (answer_known(req, buf_str(&tag)))
        return;
    if (coding != HTTP_IDENTITY)
        http_answer_header(req, "Content-Encoding", str_of(http_coding_name(coding)));
    http_answer_send(req, 200, file->type.ptr, file->forms[coding]);
}

void console_answer(struct http_req *req)
{
    const struct console_file *file = NULL;
    struct str method = http_req_method(req);
    enum console_kind kind = console_find(http_req_path(req), &file);
    if (kind == CONSOLE_NOTHING) {
        http_answer_problem(req, 404, E_NOT_FOUND, "there is no such path");
    } else if (!str_is(method, "GET") && !str_is(method, "HEAD")) {
        http_answer_header(req, "Allow", STR("GET, HEAD"));
        http_answer_problem(req, 405, E_UNSUPPORTED, "this path does not know the method");
    } else if (kind == CONSOLE_PAGE) {
        answer_page(req, file);
    } else {
        answer_file(req, file, kind == CONSOLE_ASSET);
    }
}
