/* The audit log, newest first. */
#include "server/handlers.h"
#include "server/render.h"

static int list(struct reading *r, struct err *err)
{
    const struct store_audit_filter *filter = r->filter;
    struct store_audit_list found;
    int rc = store_audit_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len; i++)
        render_audit(&found.items[i], &r->json);
    render_list_end(&r->json, found.next);
    return 0;
}

void audit_list(struct call *c)
{
    struct store_audit_filter filter = {0};
    struct store_page page = {0};
    if (call_page(c, &page) || call_query(c, "actor", &filter.actor) ||
        call_query(c, "object", &filter.object))
        return;
    reply_read(c, list, &filter, &page);
}
