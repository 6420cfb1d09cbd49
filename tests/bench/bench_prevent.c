/* Prevent lists of growing size: reading the text, compiling, opening the two sections, and one
 * decision for a program that no entry names, which is nearly every program. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/hash.h"
#include "detect/detect.h"
#include "detect/list.h"
#include "detect/prevent.h"

enum { ROUNDS = 5, DECISIONS = 200000 };

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_prevent: %s\n", what);
    exit(1);
}

/* Half hashes, a quarter teams' programs, a quarter patterns of paths. */
static void make_text(struct buf *out, unsigned entries)
{
    for (unsigned i = 0; i < entries; i++) {
        char hex[HASH_HEX_BYTES];
        if (hash_sha256_hex(str_n((const char *)&i, sizeof i), hex))
            fail("out of memory");
        if (i % 2 == 0)
            buf_addf(out, "%s\n", hex);
        else if (i % 4 == 1)
            buf_addf(out, "TEAM%06u:com.example.p%u\n", i % 1000000, i);
        else
            buf_addf(out, "/opt/%.3s/%.8s/*\n", hex, hex + 3);
    }
}

static double decide(const struct prevent *p, unsigned char digests[][HASH_BYTES])
{
    struct code_identity id = {.path = STR("/Applications/Example.app/Contents/MacOS/Example"),
                               .signing_id = STR("com.example.app"),
                               .team_id = STR("ABCDE12345")};
    unsigned denied = 0;
    double start = now_s();
    for (unsigned i = 0; i < DECISIONS; i++) {
        id.sha256 = str_n((const char *)digests[i % 4096], HASH_BYTES);
        denied += prevent_check(p, &id, 1, NULL) == PREVENT_DENY ? 1 : 0;
    }
    double s = now_s() - start;
    if (denied)
        fail("a program was denied that no entry names");
    return s / DECISIONS * 1e9;
}

static void measure(unsigned entries, unsigned char digests[][HASH_BYTES])
{
    double parse = 1e9, compile = 1e9, open = 1e9, decision = 1e9;
    size_t bytes = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buf text CLEANUP(buf_done) = {0};
        struct buf image CLEANUP(buf_done) = {0};
        struct list list CLEANUP(list_done) = {0};
        struct list_counts counts = {0};
        struct builder *b = NULL;
        struct prevent p;
        make_text(&text, entries);
        double start = now_s();
        if (list_parse(&list, buf_str(&text), LIST_FORMAT_CSV, "bench", NULL, NULL, NULL, &counts,
                       NULL) ||
            counts.refused)
            fail("the list cannot be read");
        double parsed = now_s();
        if (builder_new(&b) || builder_add_list(b, &list, NULL) || builder_finish(b, &image, NULL))
            fail("the list cannot be compiled");
        double compiled = now_s();
        if (prevent_open(buf_str(&image), &p, NULL))
            fail("the image cannot be opened");
        double opened = now_s();
        double ns = decide(&p, digests);
        builder_free(b);
        bytes = image.len;
        parse = parsed - start < parse ? parsed - start : parse;
        compile = compiled - parsed < compile ? compiled - parsed : compile;
        open = opened - compiled < open ? opened - compiled : open;
        decision = ns < decision ? ns : decision;
    }
    (void)printf("entries=%u parse_ms=%.1f compile_ms=%.1f open_ms=%.1f image_bytes=%zu "
                 "decision_ns=%.0f\n",
                 entries, parse * 1e3, compile * 1e3, open * 1e3, bytes, decision);
}

int main(void)
{
    static unsigned char digests[4096][HASH_BYTES];
    static const unsigned sizes[] = {100, 10000, 100000, 500000};
    for (unsigned i = 0; i < 4096; i++) {
        unsigned other = i + 0x80000000u;
        if (hash_sha256(str_n((const char *)&other, sizeof other), digests[i]))
            fail("out of memory");
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        measure(sizes[i], digests);
    return 0;
}
