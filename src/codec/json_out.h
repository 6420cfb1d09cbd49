/* JSON writer into a buffer: correct escaping, commas by itself, no tree. Foreign bytes that are
 * not UTF-8 become U+FFFD, so the output is always valid JSON text (RFC 8259) on one line. No name
 * here may be one that jansson exports: both are linked into one program. */
#ifndef CORDON_CODEC_JSON_OUT_H
#define CORDON_CODEC_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/** `{.out = &buf}` starts a document. At most 64 levels; deeper marks the buffer E_LIMIT. */
struct json_out {
    struct buf *out;
    uint64_t has_item; /* bit d-1: a value was already written at depth d */
    unsigned depth;
    bool after_key;
};

void json_object_begin(struct json_out *j);
void json_object_end(struct json_out *j);
void json_array_begin(struct json_out *j);
void json_array_end(struct json_out *j);
/** Key of the next value. */
void json_key(struct json_out *j, const char *key);
void json_key_str(struct json_out *j, struct str key);
void json_str(struct json_out *j, struct str s);
void json_cstr(struct json_out *j, const char *s); /* NULL writes null */
void json_int(struct json_out *j, int64_t v);
void json_uint(struct json_out *j, uint64_t v);
void json_double(struct json_out *j, double v); /* not finite writes null */
void json_bool(struct json_out *j, bool v);
void json_null_value(struct json_out *j);
/** Already valid JSON text, borrowed. */
void json_raw(struct json_out *j, struct str text);
/** RFC 3339 with nanoseconds, as a string. */
void json_time(struct json_out *j, int64_t ns);

/* Key and value in one call. */
void json_kv_str(struct json_out *j, const char *key, struct str s);
void json_kv_cstr(struct json_out *j, const char *key, const char *s);
void json_kv_int(struct json_out *j, const char *key, int64_t v);
void json_kv_uint(struct json_out *j, const char *key, uint64_t v);
void json_kv_bool(struct json_out *j, const char *key, bool v);
void json_kv_time(struct json_out *j, const char *key, int64_t ns);

/** Append a quoted, escaped JSON string. */
void json_escape(struct buf *b, struct str s);

#endif
