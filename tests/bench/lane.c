/* Dice, templates and the table of lanes. See lane.h. */
#include "lane.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t lane_bits(struct lane_dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned lane_below(struct lane_dice *d, unsigned n)
{
    return (unsigned)((lane_bits(d) >> 32) * n >> 32);
}

/* ------------------------------------------------------------------ kinds */

static const struct lane_kind kinds[] = {
    {"nested", lane_mac_act, lane_write_nested, false},
    {"nested-shuffled", lane_mac_act, lane_write_nested, true},
    {"flat-mac", lane_mac_act, lane_write_flat_mac, false},
    {"flat-windows", lane_windows_act, lane_write_flat_windows, false},
};

const struct lane_kind *lane_at(unsigned n)
{
    return n < ARRAY_LEN(kinds) ? &kinds[n] : NULL;
}

const struct lane_kind *lane_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

void lane_init(struct lane *lane, const struct lane_kind *kind, uint64_t seed)
{
    *lane = (struct lane){.kind = kind, .dice = {seed}};
}

void lane_done(struct lane *lane)
{
    arena_done(&lane->arena);
}

void lane_next(struct lane *lane, struct buf *out)
{
    struct lane_act act = {0};
    arena_clear(&lane->arena);
    lane->kind->act(lane, &act);
    lane->kind->write(lane, &act, out);
    buf_add_char(out, '\n');
    lane->number++;
}

/* ------------------------------------------------------------------ texts */

static struct str keep(struct lane *lane, struct buf *b)
{
    struct str s = arena_str(&lane->arena, buf_str(b));
    if (buf_check(b) || !s.ptr) {
        (void)fprintf(stderr, "lane: out of memory\n");
        exit(1);
    }
    buf_done(b);
    return s;
}

struct str lane_fmt(struct lane *lane, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct buf b = {0};
    buf_add(&b, text, len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    return keep(lane, &b);
}

#define PICK(lane, list) (list)[lane_below(&(lane)->dice, ARRAY_LEN(list))]

static void add_special(struct lane *lane, struct buf *b, char what)
{
    static const char *const words[] = {"build",    "module", "report", "agent",   "session",
                                        "cache",    "worker", "update", "client",  "branch",
                                        "index",    "sample", "config", "release", "backup",
                                        "pipeline", "parser", "render"};
    static const char *const users[] = {"anna", "mara", "tomas", "priya", "jonas", "elif"};
    static const char *const hosts[] = {"example.com",     "cdn.example.net",
                                        "api.example.org", "updates.example.com",
                                        "git.example.net", "pkg.example.org"};
    static const char *const endings[] = {".c",   ".swift", ".json", ".plist", ".txt", ".py",
                                          ".png", ".o",     ".log",  ".db",    ".js",  ".zip"};
    switch (what) {
    case 'n':
        buf_addf(b, "%u", lane_below(&lane->dice, 100000));
        break;
    case 'h':
        buf_addf(b, "%08x", (unsigned)lane_bits(&lane->dice));
        break;
    case 'w':
        buf_add_cstr(b, PICK(lane, words));
        break;
    case 'u':
        buf_add_cstr(b, PICK(lane, users));
        break;
    case 'd':
        buf_add_cstr(b, PICK(lane, hosts));
        break;
    case 'i':
        buf_addf(b, "192.0.2.%u", lane_below(&lane->dice, 254) + 1);
        break;
    case 'f':
        buf_addf(b, "%s-", PICK(lane, words));
        buf_addf(b, "%u", lane_below(&lane->dice, 1000));
        buf_add_cstr(b, PICK(lane, endings));
        break;
    default:
        buf_add_char(b, what);
        break;
    }
}

struct str lane_text(struct lane *lane, const char *text)
{
    struct buf b = {0};
    for (; *text; text++) {
        if (*text == '%' && text[1])
            add_special(lane, &b, *++text);
        else
            buf_add_char(&b, *text);
    }
    return keep(lane, &b);
}

struct str lane_line(struct lane *lane, const struct lane_act *act)
{
    struct buf b = {0};
    for (unsigned i = 0; i < act->args_len; i++) {
        if (i)
            buf_add_char(&b, ' ');
        buf_add_str(&b, act->args[i]);
    }
    return keep(lane, &b);
}
