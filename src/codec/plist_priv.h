/* What the two forms of property lists share. By plist*.c only. */
#ifndef CORDON_CODEC_PLIST_PRIV_H
#define CORDON_CODEC_PLIST_PRIV_H

#include "codec/plist.h"

/* One list being read. */
struct plist_reading {
    struct str bytes;
    struct arena *arena;
    size_t text_left;
    uint32_t nodes_left;
    uint32_t depth_left;
    struct err *err;
};

/* Count values and keys, before there is memory for them. @return 0 or E_LIMIT */
int plist_count_nodes(struct plist_reading *r, uint64_t len) MUST_CHECK;
/* Count text. @return 0 or E_LIMIT */
int plist_count_text(struct plist_reading *r, size_t len) MUST_CHECK;
/* Go one level down; `depth_left++` comes back. @return 0 or E_LIMIT */
int plist_enter(struct plist_reading *r) MUST_CHECK;

int plist_binary(struct plist_reading *r, struct plist_value *ret_root) MUST_CHECK;
int plist_xml(struct plist_reading *r, struct plist_value *ret_root) MUST_CHECK;

#endif
