/* Rulesets: list; upload of the operator's own rules. */
#include "server/handlers.h"
#include "server/render.h"
#include "server/rules_change.h"

static int list(struct call *c, const struct store_page *page, struct buf *out, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_ruleset_list found;
    struct json_out j = {.out = out};
    int rc = store_read_begin(c->server->store, &tx, err);
    if (rc == 0)
        rc = store_ruleset_list(tx, page, &arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&j);
    for (size_t i = 0; i < found.len; i++)
        render_ruleset(&found.items[i], &j);
    render_list_end(&j, found.next);
    return 0;
}

void rulesets_list(struct call *c)
{
    struct store_page page = {0};
    struct buf out CLEANUP(buf_done) = {0};
    struct err err = {0};
    if (call_page(c, &page))
        return;
    int rc = list(c, &page, &out, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        reply_json(c, 200, &out);
}

/* Nothing uploaded takes the own rules away. */
void rulesets_upload(struct call *c)
{
    struct buf nothing = {0};
    struct str body = buf_str(http_req_body(c->req));
    rules_change(c, 201, body.len ? body : STR(""), &nothing);
}
