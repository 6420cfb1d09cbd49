/* Stories: what happens on simulated Macs, and when. NDJSON of our own form (README.md), parsed
 * into lines that a player works through; a recording becomes a story by itself. Foreign bytes:
 * every limit below applies, nothing is trusted. Immutable afterwards, shared by all devices. */
#ifndef CORDON_SIM_STORY_H
#define CORDON_SIM_STORY_H

#include "base/arena.h"
#include "base/err.h"
#include "shape.h"

enum {
    STORY_LINES_MAX = 200000,
    STORY_LINE_BYTES_MAX = 1024 * 1024,
    STORY_FILE_BYTES_MAX = 256 * 1024 * 1024,
    STORY_STEPS_MAX = 64, /* named steps */
    STORY_CAST_MAX = 1000,
    STORY_AT_MS_MAX = 7 * 86400 * 1000
};

struct normaliser;

struct story_line {
    int64_t at_ms;
    int64_t recorded_ns; /* time in the record; 0 = none */
    struct shape shape;
    uint32_t seat;      /* 1 .. cast; 0 = every seat */
    bool needs_network; /* does not happen on an isolated Mac */
    int8_t step;        /* number of the step it belongs to; -1 = none */
    int8_t after;       /* happens only if this step did; -1 = always */
    struct str say;     /* for the log, may be empty */
    struct str record;  /* JSON text of the event */
};

struct story {
    struct arena arena; /* owns all texts */
    struct str name;
    struct str user;      /* whom the records call the user; may be empty */
    uint32_t cast;        /* seats */
    bool everywhere;      /* devices beyond the cast take its seats again */
    int64_t start_ms;     /* wait before the first run */
    int64_t repeat_ms;    /* pause before the next run; -1 = one run, until asked again */
    int64_t loop_from_ms; /* what happens from here on happens again and again; -1 = no */
    int64_t loop_ms;      /* period of that */
    struct story_line *lines;
    size_t len;
    size_t loop_first; /* first line of the loop; len = no loop */
    /* Ranges that a player moves to a place of their own. */
    int64_t pid_least;
    int64_t pid_span;
    int64_t version_least;
    int64_t version_span;
    int64_t *loop_pids; /* ascending: processes that each turn of the loop makes anew */
    size_t loop_pids_len;
    int64_t length_ms; /* of the part before the loop */
    const char *steps[STORY_STEPS_MAX];
    size_t steps_len;
};

/**
 * Parse a story.
 *
 * @param text       borrowed for the call
 * @param source     name for error places; without its folder and ending the name of the story
 * @param folder     where recordings it refers to lie; NULL: it may refer to none
 * @param normaliser turns recordings of foreign forms into the flat one; may be NULL with no folder
 * @return 0, E_PARSE (err has the line), E_LIMIT, E_NOT_FOUND (a recording), E_NOMEM
 */
int story_parse(struct str text, const char *source, const char *folder,
                struct normaliser *normaliser, struct story **ret_story,
                struct err *err) MUST_CHECK;
/** Read and parse a file. @return also E_IO, E_DENIED */
int story_load(const char *path, struct normaliser *normaliser, struct story **ret_story,
               struct err *err) MUST_CHECK;
/** Make a story of a recording: it starts again a minute after its end, on every device whose
 * number is `seat` modulo `cast`. Records that are no JSON are left out. Errors of story_load. */
int story_of_recording(const char *path, uint32_t seat, uint32_t cast,
                       struct normaliser *normaliser, struct story **ret_story,
                       struct err *err) MUST_CHECK;
void story_free(struct story *s);

/** Seat of device `index` (from 0); 0 = it has no part in the story. */
uint32_t story_seat(const struct story *s, unsigned index);

#endif
