/* Property list writer into a buffer, Apple's XML form: correct escaping, indentation, no tree.
 * Source: Apple's PropertyList-1.0.dtd, plist(5). */
#ifndef CORDON_CODEC_PLIST_OUT_H
#define CORDON_CODEC_PLIST_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/** `{.out = &buf}` starts a document. At most 32 levels. */
struct plist_out {
    struct buf *out;
    unsigned depth;
    int error; /* 0, E_ARG (text that XML cannot hold), E_LIMIT (too deep); sticky */
};

/** Head of the document; one value follows, then plist_end. */
void plist_begin(struct plist_out *p);
/** @return 0, E_ARG, E_LIMIT, E_NOMEM: everything since plist_begin */
int plist_end(struct plist_out *p) MUST_CHECK;

void plist_dict_begin(struct plist_out *p);
void plist_dict_end(struct plist_out *p);
void plist_array_begin(struct plist_out *p);
void plist_array_end(struct plist_out *p);
/** Key of the next value. */
void plist_key(struct plist_out *p, const char *key);
/** UTF-8 without control characters other than tab and line feed. */
void plist_str(struct plist_out *p, struct str s);
void plist_int(struct plist_out *p, int64_t v);
void plist_bool(struct plist_out *p, bool v);

/* Key and value in one call. */
void plist_kv_str(struct plist_out *p, const char *key, struct str s);
void plist_kv_cstr(struct plist_out *p, const char *key, const char *s);
void plist_kv_int(struct plist_out *p, const char *key, int64_t v);
void plist_kv_bool(struct plist_out *p, const char *key, bool v);

#endif
