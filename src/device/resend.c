/* Queue of what was not acknowledged. See resend.h. */
#include "device/resend.h"

#include "base/err.h"
#include "base/mem.h"

int resend_add(struct resend *q, uint64_t record, struct str bytes)
{
    struct resend_item *item = mem_alloc(sizeof *item + bytes.len);
    if (!item)
        return E_NOMEM;
    item->next = NULL;
    item->record = record;
    item->len = bytes.len;
    if (bytes.len)
        memcpy(item->bytes, bytes.ptr, bytes.len);
    if (q->tail)
        q->tail->next = item;
    else
        q->head = item;
    q->tail = item;
    q->bytes += bytes.len;
    q->len++;
    return 0;
}

static void drop_head(struct resend *q)
{
    struct resend_item *item = q->head;
    q->head = item->next;
    if (!q->head)
        q->tail = NULL;
    q->bytes -= item->len;
    q->len--;
    mem_free(item);
}

void resend_ack(struct resend *q, uint64_t record)
{
    while (q->head && q->head->record <= record)
        drop_head(q);
}

void resend_done(struct resend *q)
{
    while (q->head)
        drop_head(q);
}
