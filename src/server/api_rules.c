/* Rulesets: list; upload of the operator's own rules. */
#include "server/handlers.h"
#include "server/render.h"
#include "server/rules_change.h"

static int list(struct reading *r, struct err *err)
{
    struct store_ruleset_list found;
    int rc = store_ruleset_list(r->tx, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len; i++)
        render_ruleset(&found.items[i], &r->json);
    render_list_end(&r->json, found.next);
    return 0;
}

void rulesets_list(struct call *c)
{
    struct store_page page = {0};
    if (call_page(c, &page))
        return;
    reply_read(c, list, NULL, &page);
}

/* Nothing uploaded takes the own rules away. */
void rulesets_upload(struct call *c)
{
    struct buf nothing = {0};
    struct str body = buf_str(http_req_body(c->req));
    rules_change(c, 201, body.len ? body : STR(""), &nothing);
}
