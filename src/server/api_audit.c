/* The audit log, newest first. */
#include "server/handlers.h"
#include "server/render.h"

static int list(struct call *c, const struct store_audit_filter *filter,
                const struct store_page *page, struct buf *out, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_audit_list found;
    struct json_out j = {.out = out};
    int rc = store_read_begin(c->server->store, &tx, err);
    if (rc == 0)
        rc = store_audit_list(tx, filter, page, &arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&j);
    for (size_t i = 0; i < found.len; i++)
        render_audit(&found.items[i], &j);
    render_list_end(&j, found.next);
    return 0;
}

void audit_list(struct call *c)
{
    struct store_audit_filter filter = {0};
    struct store_page page = {0};
    struct buf out CLEANUP(buf_done) = {0};
    struct err err = {0};
    if (call_page(c, &page) || call_query(c, "actor", &filter.actor) ||
        call_query(c, "object", &filter.object))
        return;
    int rc = list(c, &filter, &page, &out, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        reply_json(c, 200, &out);
}
