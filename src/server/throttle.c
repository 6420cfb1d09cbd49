/* Buckets of attempts by address. See throttle.h. A table of small sets: when a set is full, the
 * address that failed least gives way, so that memory is bounded and the guilty are remembered. */
#include "server/throttle.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "os/random.h"

enum { SETS = 1024, WAYS = 4, KEY_BYTES = 16 };

struct bucket {
    unsigned char key[KEY_BYTES];
    bool used;
    int64_t left_ms; /* attempts left times refill_ms */
    int64_t at_ms;   /* when that was so */
};

struct throttle {
    uint64_t seed;
    int64_t refill_ms;
    int64_t full_ms;
    struct bucket sets[SETS][WAYS];
};

int throttle_new(unsigned burst, int64_t refill_ms, struct throttle **ret_throttle)
{
    struct throttle *t = mem_calloc(1, sizeof *t);
    if (!t)
        return E_NOMEM;
    t->seed = random_u64();
    t->refill_ms = refill_ms;
    t->full_ms = (int64_t)burst * refill_ms;
    *ret_throttle = t;
    return 0;
}

void throttle_free(struct throttle *t)
{
    mem_free(t);
}

/* An IPv6 host commonly owns a whole /64, so that is what counts as one. */
static void key_of(const char *address, unsigned char key[KEY_BYTES])
{
    memset(key, 0, KEY_BYTES);
    if (inet_pton(AF_INET6, address, key) == 1) {
        memset(key + 8, 0, 8);
        key[15] = 6; /* apart from every IPv4 address */
    } else if (inet_pton(AF_INET, address, key) != 1) {
        memset(key, 0xff, KEY_BYTES);
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static struct bucket *set_of(struct throttle *t, const unsigned char key[KEY_BYTES])
{
    uint64_t parts[2];
    memcpy(parts, key, sizeof parts);
    return t->sets[mix(mix(parts[0] ^ t->seed) ^ parts[1]) % SETS];
}

static int64_t left_now(const struct throttle *t, const struct bucket *b, int64_t now_ms)
{
    int64_t left = b->left_ms + (now_ms - b->at_ms);
    return !b->used || left > t->full_ms ? t->full_ms : left;
}

static struct bucket *find(struct throttle *t, const char *address, int64_t now_ms)
{
    unsigned char key[KEY_BYTES];
    key_of(address, key);
    struct bucket *set = set_of(t, key);
    struct bucket *least = &set[0];
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].used && memcmp(set[i].key, key, KEY_BYTES) == 0)
            return &set[i];
        if (left_now(t, &set[i], now_ms) > left_now(t, least, now_ms))
            least = &set[i];
    }
    *least = (struct bucket){.used = true, .left_ms = t->full_ms, .at_ms = now_ms};
    memcpy(least->key, key, KEY_BYTES);
    return least;
}

bool throttle_take(struct throttle *t, const char *address, int64_t now_ms)
{
    struct bucket *b = find(t, address, now_ms);
    b->left_ms = left_now(t, b, now_ms);
    b->at_ms = now_ms;
    if (b->left_ms < t->refill_ms)
        return false;
    b->left_ms -= t->refill_ms;
    return true;
}

void throttle_give(struct throttle *t, const char *address, int64_t now_ms)
{
    struct bucket *b = find(t, address, now_ms);
    b->left_ms = left_now(t, b, now_ms) + t->refill_ms;
    b->at_ms = now_ms;
}
