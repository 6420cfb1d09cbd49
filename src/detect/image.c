/* Container of the ruleset image: header, section table, digest. See image.h. */
#include "detect/image.h"

#include "crypto/hash.h"
#include "schema/param.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the image is read in place");
_Static_assert(sizeof(struct image_header) == 64, "format");
_Static_assert(sizeof(struct image_section) == 24, "format");
_Static_assert(sizeof(struct image_rule) == 56, "format");
_Static_assert(sizeof(struct image_item) == 32, "format");
_Static_assert(sizeof(struct image_field) == 16, "format");
_Static_assert(sizeof(struct image_logsource) == 32, "format");
_Static_assert(sizeof(struct image_matcher) == 32, "format");
_Static_assert(sizeof(struct image_prevent) == 48, "format");
_Static_assert(sizeof(struct image_prevent_origin) == 16, "format");
_Static_assert(sizeof(struct image_exception) == 32, "format");
_Static_assert(sizeof(struct image_test) == 16, "format");

struct section_row {
    uint32_t id;
    uint32_t record_bytes;
    size_t pointer; /* offsets of the members in struct image */
    size_t len;
    const char *doc;
};

static const struct section_row sections[] = {
#define IMAGE_ROW(id, number, type, member, doc)                                                   \
    {id, sizeof(type), offsetof(struct image, member), offsetof(struct image, member##_len), doc},
    IMAGE_SECTIONS(IMAGE_ROW)
#undef IMAGE_ROW
};

enum { DIGEST_OFFSET = offsetof(struct image_header, digest) };

static int digest_of(const char *bytes, size_t len, uint8_t digest[IMAGE_DIGEST_BYTES])
{
    CLEANUP(hash_stream_freep) struct hash_stream *stream = NULL;
    int rc = hash_stream_new(&stream);
    if (rc == 0)
        rc = hash_stream_add(stream, str_n(bytes, DIGEST_OFFSET));
    if (rc == 0)
        rc = hash_stream_add(stream, str_n(bytes + DIGEST_OFFSET + IMAGE_DIGEST_BYTES,
                                           len - DIGEST_OFFSET - IMAGE_DIGEST_BYTES));
    return rc ? rc : hash_stream_finish(stream, digest);
}

int image_seal(char *bytes, size_t len)
{
    uint8_t digest[IMAGE_DIGEST_BYTES];
    int rc = digest_of(bytes, len, digest);
    if (rc == 0)
        memcpy(bytes + DIGEST_OFFSET, digest, sizeof digest);
    return rc;
}

/* ------------------------------------------------------------------ reading */

static int check_header(struct str bytes, const struct image_header *h, struct err *err)
{
    if (bytes.len < sizeof *h || memcmp(h->magic, IMAGE_MAGIC, sizeof h->magic) != 0)
        return err_set(err, E_PARSE, "not a ruleset image");
    if (h->version != IMAGE_VERSION)
        return err_set(err, E_VERSION, "ruleset format %u, this program reads %d", h->version,
                       IMAGE_VERSION);
    if (h->header_bytes != sizeof *h || h->reserved != 0)
        return err_set(err, E_PARSE, "ruleset header is damaged");
    if (h->image_bytes != bytes.len)
        return err_set(err, E_PARSE, "ruleset has %zu bytes, its header says %llu", bytes.len,
                       (unsigned long long)h->image_bytes);
    if (h->sections_len > IMAGE_SECTIONS_MOST ||
        h->sections_len * sizeof(struct image_section) > bytes.len - sizeof *h)
        return err_set(err, E_PARSE, "ruleset section table is damaged");
    return 0;
}

static int check_digest(struct str bytes, const struct image_header *h, struct err *err)
{
    uint8_t digest[IMAGE_DIGEST_BYTES];
    int rc = digest_of(bytes.ptr, bytes.len, digest);
    if (rc)
        return err_set(err, rc, "%s", err_sentence(rc));
    if (memcmp(digest, h->digest, sizeof digest) != 0)
        return err_set(err, E_PARSE, "ruleset is damaged: its checksum differs");
    return 0;
}

static int open_section(struct str bytes, const struct image_section *s,
                        const struct section_row *row, struct image *image, struct err *err)
{
    if (s->record_bytes != row->record_bytes)
        return err_set(err, E_PARSE, "ruleset %s: records of %u bytes, expected %u", row->doc,
                       s->record_bytes, row->record_bytes);
    uint64_t end;
    if (s->offset % IMAGE_ALIGN != 0 || s->count > UINT32_MAX - 1 ||
        __builtin_add_overflow(s->offset, s->count * s->record_bytes, &end) || end > bytes.len)
        return err_set(err, E_PARSE, "ruleset %s lie outside the image", row->doc);
    const void *at = bytes.ptr + s->offset;
    uint32_t len = (uint32_t)s->count;
    const void *old;
    memcpy(&old, (char *)image + row->pointer, sizeof old);
    if (old)
        return err_set(err, E_PARSE, "ruleset %s: section is there twice", row->doc);
    memcpy((char *)image + row->pointer, &at, sizeof at);
    memcpy((char *)image + row->len, &len, sizeof len);
    return 0;
}

static const struct section_row *find_section(uint32_t id)
{
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        if (sections[i].id == id)
            return &sections[i];
    }
    return NULL;
}

int image_open(struct str bytes, bool digest, struct image *ret_image, struct err *err)
{
    if ((uintptr_t)bytes.ptr % IMAGE_ALIGN != 0)
        return err_set(err, E_PARSE, "ruleset image is not aligned to %d bytes", IMAGE_ALIGN);
    if (bytes.len > (uint64_t)param_default(PARAM_RULESET_BYTES))
        return err_set(err, E_PARSE, "ruleset is larger than %lld bytes",
                       (long long)param_default(PARAM_RULESET_BYTES));
    const struct image_header *h = (const void *)bytes.ptr;
    int rc = check_header(bytes, h, err);
    if (rc == 0 && digest)
        rc = check_digest(bytes, h, err);
    if (rc)
        return rc;
    const struct image_section *table = (const void *)(bytes.ptr + sizeof *h);
    struct image image = {0};
    for (uint32_t i = 0; i < h->sections_len; i++) {
        const struct section_row *row = find_section(table[i].id);
        rc = row ? open_section(bytes, &table[i], row, &image, err) : 0;
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        const void *at;
        memcpy(&at, (const char *)&image + sections[i].pointer, sizeof at);
        if (!at)
            return err_set(err, E_PARSE, "ruleset has no section of %s", sections[i].doc);
    }
    *ret_image = image;
    return 0;
}

/* ------------------------------------------------------------------ writing */

static void pad(struct buf *out)
{
    static const char zeros[IMAGE_ALIGN];
    buf_add(out, zeros, (IMAGE_ALIGN - out->len % IMAGE_ALIGN) % IMAGE_ALIGN);
}

int image_write(const struct buf *parts, struct buf *out, struct err *err)
{
    out->limit = (size_t)param_default(PARAM_RULESET_BYTES);
    struct image_header h = {
        .version = IMAGE_VERSION, .header_bytes = sizeof h, .sections_len = ARRAY_LEN(sections)};
    memcpy(h.magic, IMAGE_MAGIC, sizeof h.magic);
    struct image_section table[ARRAY_LEN(sections)] = {0};
    buf_add(out, &h, sizeof h);
    buf_add(out, table, sizeof table);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        pad(out);
        table[i] = (struct image_section){.id = sections[i].id,
                                          .record_bytes = sections[i].record_bytes,
                                          .offset = out->len,
                                          .count = parts[i].len / sections[i].record_bytes};
        buf_add(out, parts[i].ptr, parts[i].len);
    }
    pad(out);
    int rc = buf_check(out);
    if (rc == 0) {
        h.image_bytes = out->len;
        memcpy(out->ptr, &h, sizeof h);
        memcpy(out->ptr + sizeof h, table, sizeof table);
        rc = image_seal(out->ptr, out->len);
    }
    if (rc == E_LIMIT)
        return err_set(err, rc, "ruleset is larger than %lld bytes",
                       (long long)param_default(PARAM_RULESET_BYTES));
    return rc ? err_set(err, rc, "%s", err_sentence(rc)) : 0;
}
