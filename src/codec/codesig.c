/* SuperBlobs and code directories. See codesig.h. */
#include "codec/codesig.h"

#include "base/rd.h"
#include "base/text.h"

#define MAGIC_SIGNATURE 0xfade0cc0U
#define MAGIC_DIRECTORY 0xfade0c02U
#define MAGIC_CMS       0xfade0b01U
#define MAGIC_IMAGE     0x6b6f6c79U /* "koly" */

#define SLOT_DIRECTORY      0U
#define SLOT_ALTERNATE      0x1000U
#define SLOT_ALTERNATE_MOST 5U
#define SLOT_CMS            0x10000U

#define VERSION_LEAST 0x20001U
#define VERSION_MOST  0x2ffffU
#define VERSION_TEAM  0x20200U

enum {
    BLOB_HEAD = 8,
    ROW_BYTES = 8,
    SLOTS_MOST = 64,
    IMAGE_VERSION = 4,
    IMAGE_SIGNATURE_AT = 296 /* offset and size of the signature in the trailer */
};

static int damaged(struct err *err, const char *what)
{
    return err_set(err, E_PARSE, "the code signature is damaged: %s", what);
}

/* The blob at an offset: its magic, and all of it with the head. */
static bool blob_at(struct str all, uint32_t offset, uint32_t *ret_magic, struct str *ret_blob)
{
    struct rd r = rd_of(str_sub(all, offset, SIZE_MAX));
    uint32_t magic = rd_u32(&r);
    uint32_t bytes = rd_u32(&r);
    if (r.failed || bytes < BLOB_HEAD || bytes > all.len - offset)
        return false;
    *ret_magic = magic;
    *ret_blob = str_sub(all, offset, bytes);
    return true;
}

/* Text up to the NUL at an offset of the directory. */
static int text_at(struct str directory, uint32_t offset, size_t most, struct str *ret,
                   struct err *err)
{
    struct str rest = str_sub(directory, offset, SIZE_MAX);
    size_t len = str_find_char(rest, '\0');
    if (len == SIZE_MAX)
        return damaged(err, "a name without end");
    if (len > most)
        return err_set(err, E_LIMIT, "a name of %zu bytes in the code signature, at most %zu", len,
                       most);
    *ret = str_sub(rest, 0, len);
    return text_utf8_valid(*ret) ? 0 : damaged(err, "a name that is no text");
}

static unsigned hash_bytes(unsigned hash)
{
    static const unsigned char bytes[] = {0, 20, 32, 20, 48};
    return hash < ARRAY_LEN(bytes) ? bytes[hash] : 0;
}

static int read_directory(struct str blob, struct codesig *s, struct err *err)
{
    struct rd r = rd_of(str_sub(blob, BLOB_HEAD, SIZE_MAX));
    uint32_t version = rd_u32(&r);
    s->flags = rd_u32(&r);
    (void)rd_u32(&r); /* where the hashes are */
    uint32_t id = rd_u32(&r);
    (void)rd_bytes(&r, 12); /* numbers of special and of code slots, end of the code */
    unsigned size = rd_u8(&r);
    unsigned hash = rd_u8(&r);
    s->platform = rd_u8(&r);
    (void)rd_bytes(&r, 5); /* size of a page, and four spare bytes */
    bool has_team = version >= VERSION_TEAM;
    (void)rd_bytes(&r, has_team ? 4 : 0); /* scatter */
    uint32_t team = has_team ? rd_u32(&r) : 0;
    if (r.failed || version < VERSION_LEAST || version > VERSION_MOST)
        return damaged(err, "the code directory");
    if (hash_bytes(hash) == 0)
        return err_set(err, E_UNSUPPORTED, "the code signature has hashes of kind %u", hash);
    if (size != hash_bytes(hash))
        return damaged(err, "size of its hashes");
    s->directory = blob;
    s->hash = (enum codesig_hash)hash;
    int rc = text_at(blob, id, CODESIG_ID_MOST, &s->id, err);
    if (rc == 0 && team)
        rc = text_at(blob, team, CODESIG_TEAM_MOST, &s->team, err);
    if (rc == 0)
        PLANT_OVERREAD(blob.ptr + blob.len);
    return rc;
}

/* The kernel takes the directory with the best hash; the order is not that of the numbers. */
static unsigned rank(enum codesig_hash hash)
{
    static const unsigned char ranks[] = {0, 1, 3, 2, 4};
    return ranks[hash];
}

/* A directory found: keep the better one. */
static int take_directory(struct str blob, struct codesig *best, struct err *err)
{
    struct codesig s = {.cms = best->cms};
    int rc = read_directory(blob, &s, err);
    if (rc)
        return rc;
    if (!best->directory.ptr || rank(s.hash) > rank(best->hash))
        *best = s;
    else if (s.hash == best->hash)
        return damaged(err, "two code directories of one kind");
    return 0;
}

static bool is_directory_slot(uint32_t slot)
{
    return slot == SLOT_DIRECTORY ||
           (slot >= SLOT_ALTERNATE && slot < SLOT_ALTERNATE + SLOT_ALTERNATE_MOST);
}

int codesig_read(struct str blob, struct codesig *ret_signature, struct err *err)
{
    struct codesig best = {0};
    uint32_t magic;
    struct str all;
    if (!blob_at(blob, 0, &magic, &all) || magic != MAGIC_SIGNATURE)
        return damaged(err, "its head");
    struct rd rows = rd_of(str_sub(all, BLOB_HEAD, SIZE_MAX));
    uint32_t count = rd_u32(&rows);
    if (rows.failed || count > SLOTS_MOST || count > rows.left / ROW_BYTES)
        return damaged(err, "number of its parts");
    for (; count > 0; count--) {
        uint32_t slot = rd_u32(&rows);
        uint32_t offset = rd_u32(&rows);
        struct str part;
        if (!blob_at(all, offset, &magic, &part))
            return damaged(err, "place of a part");
        if (is_directory_slot(slot)) {
            int rc = magic == MAGIC_DIRECTORY ? take_directory(part, &best, err)
                                              : damaged(err, "no code directory in its slot");
            if (rc)
                return rc;
        }
        best.cms |= slot == SLOT_CMS && magic == MAGIC_CMS && part.len > BLOB_HEAD;
    }
    if (!best.directory.ptr)
        return damaged(err, "no code directory");
    *ret_signature = best;
    return 0;
}

int codesig_of_image(struct str trailer, uint64_t file_bytes, uint64_t *ret_offset,
                     uint64_t *ret_size, struct err *err)
{
    struct rd r = rd_of(trailer);
    uint32_t magic = rd_u32(&r);
    uint32_t version = rd_u32(&r);
    uint32_t bytes = rd_u32(&r);
    bool image = trailer.len == CODESIG_TRAILER_BYTES && magic == MAGIC_IMAGE &&
                 version == IMAGE_VERSION && bytes == CODESIG_TRAILER_BYTES;
    r = rd_of(str_sub(trailer, IMAGE_SIGNATURE_AT, 16));
    uint64_t offset = rd_u64(&r);
    uint64_t size = image ? rd_u64(&r) : 0;
    if (size && (offset > file_bytes || size > file_bytes - offset))
        return damaged(err, "its place in the disk image");
    *ret_offset = offset;
    *ret_size = size;
    return 0;
}
