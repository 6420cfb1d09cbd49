/* Numbered records that are not on disk yet. See window.h. */
#include "agent/window.h"

int window_add(struct window *w, struct str record, struct str *ret_body)
{
    buf_clear(&w->body);
    buf_add_u64(&w->body, w->next + 1);
    buf_add_str(&w->body, record);
    int rc = buf_check(&w->body);
    if (rc == 0)
        rc = resend_add(&w->records, w->next + 1, buf_str(&w->body));
    if (rc)
        return rc;
    w->next++;
    *ret_body = buf_str(&w->body);
    return 0;
}

void window_ack(struct window *w, uint64_t record)
{
    resend_ack(&w->records, record);
}

void window_done(struct window *w)
{
    resend_done(&w->records);
    buf_done(&w->body);
}
