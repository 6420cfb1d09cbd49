/* Lanes: endless synthetic telemetry of a fixed seed for the benches. Same lane, same seed, same
 * bytes, on every machine; nothing here depends on the C library's random numbers. Three lanes:
 * eslogger's nested lines as a Mac writes them, and flat records with Sigma's field names for a Mac
 * and for Windows. What the lines tell is mostly the work of developers and administrators, with
 * commands among it that rules are interested in, so that rules have something to verify. */
#ifndef CORDON_TESTS_BENCH_LANE_H
#define CORDON_TESTS_BENCH_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

#define LANE_SEED UINT64_C(20260601) /* of every published figure */

struct lane_dice {
    uint64_t state;
};

/** The next 64 random bits. Source: Steele, Lea and Flood, SplitMix64. */
uint64_t lane_bits(struct lane_dice *d);
/** A number from 0 to n - 1. */
unsigned lane_below(struct lane_dice *d, unsigned n);

/** What one event tells, whatever form it is written in. Strings live in the lane's arena. */
struct lane_act {
    enum { ACT_EXEC, ACT_FORK, ACT_CREATE, ACT_RENAME, ACT_UNLINK, ACT_REGISTRY, ACT_CONNECT } kind;
    struct str image;
    struct str args[64]; /* of an exec; joined by blanks: its command line */
    unsigned args_len;
    struct str parent_image;
    struct str parent_line;
    struct str file; /* what is created, renamed, removed or set */
    struct str user;
    struct str home;
    unsigned uid;
    unsigned pid;
    unsigned parent_pid;
};

struct lane {
    const struct lane_kind *kind;
    struct lane_dice dice;
    struct arena arena; /* of the line being made */
    uint64_t number;    /* lines made */
};

struct lane_kind {
    const char *name;
    void (*act)(struct lane *lane, struct lane_act *act);
    void (*write)(struct lane *lane, const struct lane_act *act, struct buf *out);
    bool shuffled; /* the keys of every object stand in a new order each time */
};

/** By name: "nested", "nested-shuffled", "flat-mac", "flat-windows". @return NULL when there is
 * none */
const struct lane_kind *lane_find(const char *name);
/** The n-th kind, or NULL past the last. */
const struct lane_kind *lane_at(unsigned n);

void lane_init(struct lane *lane, const struct lane_kind *kind, uint64_t seed);
void lane_done(struct lane *lane);
/** Append the next line with its line end. */
void lane_next(struct lane *lane, struct buf *out);

/* Inside of the lanes. */

/** Text of a template in the arena: %n a number, %h eight hexadecimal digits, %w a word, %u a
 * user, %d a host, %i an address, %f a file name, %% a percent sign. Never NULL. */
struct str lane_text(struct lane *lane, const char *text);
/** printf into the arena; stops the program when out of memory. */
struct str lane_fmt(struct lane *lane, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** Arguments of an exec joined by blanks. */
struct str lane_line(struct lane *lane, const struct lane_act *act);

void lane_mac_act(struct lane *lane, struct lane_act *act);
void lane_windows_act(struct lane *lane, struct lane_act *act);
void lane_write_nested(struct lane *lane, const struct lane_act *act, struct buf *out);
void lane_write_flat_mac(struct lane *lane, const struct lane_act *act, struct buf *out);
void lane_write_flat_windows(struct lane *lane, const struct lane_act *act, struct buf *out);

#endif
