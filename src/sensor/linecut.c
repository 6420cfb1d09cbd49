/* Line assembly with a limit. See linecut.h. */
#include "sensor/linecut.h"

static void emit(struct str line, linecut_fn fn, void *arg)
{
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (line.len)
        fn(arg, line);
}

/* Keep the start of a line whose end has not come yet. */
static void keep(struct linecut *c, struct str piece)
{
    if (c->skipping || piece.len == 0)
        return;
    if (piece.len > c->limit - c->part.len) {
        c->skipping = true;
    } else {
        buf_add_str(&c->part, piece);
        c->skipping = buf_check(&c->part) != 0;
    }
    if (c->skipping)
        buf_clear(&c->part);
}

static void finish(struct linecut *c, struct str tail, linecut_fn fn, void *arg)
{
    if (c->part.len == 0 && !c->skipping && tail.len <= c->limit) {
        emit(tail, fn, arg);
        return;
    }
    keep(c, tail);
    if (c->skipping)
        c->dropped++;
    else
        emit(buf_str(&c->part), fn, arg);
    (void)linecut_reset(c);
}

void linecut_feed(struct linecut *c, struct str bytes, linecut_fn fn, void *arg)
{
    while (bytes.len) {
        size_t end = str_find_char(bytes, '\n');
        if (end == SIZE_MAX) {
            keep(c, bytes);
            return;
        }
        if (c->part.len == 3)
            PLANT_OVERREAD(bytes.ptr + bytes.len);
        finish(c, str_sub(bytes, 0, end), fn, arg);
        bytes = str_sub(bytes, end + 1, SIZE_MAX);
    }
}

void linecut_end(struct linecut *c, linecut_fn fn, void *arg)
{
    if (c->part.len || c->skipping)
        finish(c, (struct str){0}, fn, arg);
}

bool linecut_reset(struct linecut *c)
{
    bool had = c->part.len != 0 || c->skipping;
    buf_clear(&c->part);
    c->skipping = false;
    return had;
}

void linecut_done(struct linecut *c)
{
    buf_done(&c->part);
}
