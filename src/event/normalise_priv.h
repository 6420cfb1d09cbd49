/* Inside of the normaliser: its scratch, what a source format consists of, and the helpers the
 * formats share. One format = one normalise_<format>.c with one `struct format_ops`.
 *
 * The helpers return nothing: a failure (memory, a limit) sticks in `error`, and normalise.c asks
 * once when the format has filled the event. Text they produce lives in `arena`, until the next
 * record. */
#ifndef CORDON_EVENT_NORMALISE_PRIV_H
#define CORDON_EVENT_NORMALISE_PRIV_H

#include "base/arena.h"
#include "base/map.h"
#include "base/shape.h"
#include "codec/ndjson.h"
#include "event/event.h"
#include "event/normalise.h"

#define NORMALISE_FORMATS    8    /* rows of EVENT_FORMAT_LIST */
#define NORMALISE_EXTRAS_MAX 1024 /* unknown keys of one record, flattened */
#define NORMALISE_NAME_MAX   1024 /* bytes of a name made by flattening */

/* Paths a format picks, and what each of them means to it. */
struct format_paths {
    const char *const *list;
    const uint16_t *targets; /* by path number; NULL when the format goes by the numbers */
    size_t len;
};

struct format_ops {
    enum event_format format;
    /* Make the path list; what it builds may live in the arena. @return 0 or E_NOMEM */
    int (*paths)(struct arena *arena, struct format_paths *ret_paths);
    /* Does the record look like this format? */
    bool (*is)(const struct normaliser *n, const struct ndjson *j);
    void (*fill)(struct normaliser *n, struct ndjson *j, struct event *ev);
};

extern const struct format_ops normalise_eslogger;
extern const struct format_ops normalise_champollion;
extern const struct format_ops normalise_fleetedr;
extern const struct format_ops normalise_ecs;
extern const struct format_ops normalise_log;
extern const struct format_ops normalise_cordon;
extern const struct format_ops normalise_sigma;

/* Object or array among the unknown keys, waiting to be flattened. */
struct pending {
    struct str name;
    struct str text;
};

struct normaliser {
    struct arena arena;  /* of the record */
    struct arena tables; /* of the normaliser */
    struct format_paths paths[NORMALISE_FORMATS];
    struct ndjson_paths *compiled[NORMALISE_FORMATS];
    struct ndjson *json[NORMALISE_FORMATS];
    struct ndjson_paths *any_compiled; /* every key or element of a container */
    struct ndjson *any;
    struct map kinds;       /* our names and EndpointSecurity's -> kind */
    struct map categories;  /* Sigma's -> first kind */
    struct map field_names; /* our names and Sigma's -> field; reserved keys -> FIELD_COUNT */
    struct shape_set field_shapes; /* of the names in field_names */
    struct extra *extras;
    size_t extras_len;
    size_t extras_cap;
    uint64_t extras_seen; /* a bit for each name's shape, to find repeated names cheaply */
    struct pending *pending;
    size_t pending_len;
    size_t pending_cap;
    bool extras_are_fields; /* a flattened name that a field has sets the field */
    enum event_format last; /* recognised before; records of one stream are alike */
    int error;
};

/* Path numbers are the format's own; a missing value yields an empty slice or `fallback`. */
struct str normalise_text(struct ndjson *j, unsigned path);
int64_t normalise_int(const struct ndjson *j, unsigned path, int64_t fallback);

/* A picked value as it is: text, integer, boolean, null; other numbers as text. */
struct value normalise_natural(struct ndjson *j, struct ndjson_value *v);
/* Set a field from a value, converted to the field's type where that loses nothing. */
void normalise_put_value(struct normaliser *n, struct event *ev, enum field_id id,
                         struct value value);
/* The same from a picked value that is neither object nor array. */
void normalise_put_picked(struct normaliser *n, struct ndjson *j, struct ndjson_value *v,
                          struct event *ev, enum field_id id);
/* Set a field from a path, when the record has it and it is not null. */
void normalise_put(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                   enum field_id id);
/* As normalise_put, but null is kept as null: the source says that there is none. */
void normalise_put_or_null(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                           enum field_id id);
/* Elements picked by a `[]` path, as a list of texts; nulls are left out. */
struct value normalise_list(struct normaliser *n, struct ndjson *j, unsigned path);
void normalise_put_list(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                        enum field_id id);

/* Only the allow-listed NAME=value items of an environment: the rest may hold secrets. */
void normalise_put_env(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev);
/* Items joined by one space. */
struct str normalise_join_args(struct normaliser *n, const struct value *list);
/* "<folder>/<name>", or `name` when it is absolute; empty when there is no name. */
struct str normalise_join_path(struct normaliser *n, struct str folder, struct str name);
struct str normalise_lower(struct normaliser *n, struct str s);
struct str normalise_concat(struct normaliser *n, struct str a, struct str b, struct str c);

/* "<a>.<b>"; longer than NORMALISE_NAME_MAX is a limit: many short keys below a long one would make
 * little input much. */
struct str normalise_dotted(struct normaliser *n, struct str a, struct str b);

/* Keep an unknown key; objects are flattened to dotted names, arrays become lists of texts. The
 * last of repeated names wins. `prefix` is put in front of the name with a dot, or is empty. */
void normalise_extra(struct normaliser *n, struct ndjson *j, struct event *ev, struct str prefix,
                     struct str name, struct ndjson_value *v);

/* What follows from what is there: names from paths, the command line from arguments. */
void normalise_derive(struct normaliser *n, struct event *ev);
/* Log source of a Mac's native event. */
void normalise_macos(struct event *ev);
/* Kind by our name or EndpointSecurity's; false when there is none. */
bool normalise_kind(const struct normaliser *n, struct str name, enum event_kind *ret_kind);
/* First kind with this Sigma category, or KIND_UNKNOWN. */
enum event_kind normalise_kind_of_category(const struct normaliser *n, struct str category);

/* Targets of the flat formats: a field, the elements of a field, or one of these. */
enum {
    TARGET_ELEMENT = 0x1000, /* | field: an element of an array there */
    TARGET_OTHER = 0x2000,   /* a key nobody knows */
    TARGET_KIND,
    TARGET_TIME,
    TARGET_PRODUCT,
    TARGET_CATEGORY,
    TARGET_SERVICE,
    TARGET_MARK, /* a key that flat records do not have */
    TARGET_OWN   /* first number for a format's own meanings */
};

/* Growing path list with targets, in an arena. */
struct path_builder {
    struct arena *arena;
    const char **list;
    uint16_t *targets;
    size_t len;
    size_t cap;
    int error;
};
void normalise_path(struct path_builder *b, struct str path, unsigned target);
/* A top-level key with every character taken literally. */
void normalise_path_key(struct path_builder *b, struct str key, unsigned target);
/* The same for a field, and the elements of an array there. */
void normalise_path_flat(struct path_builder *b, struct str key, enum field_id id);
int normalise_paths_done(struct path_builder *b, struct format_paths *ret_paths);

#endif
