/* Paths asked for lately. See scan_wish.h. Two paths that share a place push each other out: a file
 * is asked for too often then, never too seldom. */
#include "agent/scan_wish.h"

enum { RUN_AGAIN_MS = 60000, WRITTEN_AGAIN_MS = 1000 };

/* FNV-1a, 64 bits. */
static uint64_t hash_of(struct str s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
    return h;
}

bool scan_wish_due(struct scan_wish *w, struct str path, bool written, int64_t now_ms)
{
    uint64_t hash = hash_of(path);
    int64_t wait = written ? WRITTEN_AGAIN_MS : RUN_AGAIN_MS;
    size_t place = (size_t)(hash % SCAN_WISH_PLACES);
    if (w->places[place].asked_ms && w->places[place].path == hash &&
        now_ms - w->places[place].asked_ms < wait)
        return false;
    w->places[place].path = hash;
    w->places[place].asked_ms = now_ms;
    return true;
}
