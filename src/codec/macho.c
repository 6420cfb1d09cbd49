/* Heads and load commands of Mach-O files. See macho.h. */
#include "codec/macho.h"

enum {
    FAT_HEAD = 8,
    FAT_ROW = 20,    /* cputype, subtype, offset, size, align */
    FAT_ROW_64 = 32, /* the same with offset and size of eight bytes, and four spare ones */
    FAT_OFFSET = 8,
    HEAD_32 = 28,
    HEAD_64 = 32,
    AT_COMMANDS = 16,      /* their number, then their bytes */
    COMMAND_LEAST = 8,     /* number and size */
    SIGNATURE_COMMAND = 16 /* and offset and size of the signature */
};

#define FAT_MAGIC    0xcafebabeU
#define FAT_MAGIC_64 0xcafebabfU
#define MACHO_32     0xfeedfaceU
#define MACHO_64     0xfeedfacfU
#define JAVA_LEAST   45 /* the same magic before a version from this on: a class file */

#define LC_CODE_SIGNATURE 0x1dU

static uint32_t big_32(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t little_32(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static uint64_t big_64(const char *at)
{
    return (uint64_t)big_32(at) << 32 | big_32(at + 4);
}

static bool fits(uint64_t offset, uint64_t size, uint64_t bytes)
{
    return offset <= bytes && size <= bytes - offset;
}

static int damaged(struct err *err, const char *what)
{
    return err_set(err, E_PARSE, "the Mach-O file is damaged: %s", what);
}

/* ------------------------------------------------------------------ one program */

/* Byte order and size of a program's head. */
struct form {
    bool big;
    size_t head_bytes;
};

static bool form_of(struct str head, struct form *ret)
{
    if (head.len < HEAD_32)
        return false;
    uint32_t magic = little_32(head.ptr);
    bool big = magic != MACHO_32 && magic != MACHO_64;
    if (big)
        magic = big_32(head.ptr);
    if (magic != MACHO_32 && magic != MACHO_64)
        return false;
    *ret = (struct form){big, magic == MACHO_64 ? HEAD_64 : HEAD_32};
    return head.len >= ret->head_bytes;
}

static uint32_t number(const struct form *form, const char *at)
{
    return form->big ? big_32(at) : little_32(at);
}

int macho_head_bytes(struct str head, uint64_t slice_bytes, size_t *ret_bytes, struct err *err)
{
    struct form form;
    if (!form_of(head, &form))
        return damaged(err, "no head of a program");
    uint32_t bytes = number(&form, head.ptr + AT_COMMANDS + 4);
    if (bytes > MACHO_COMMANDS_MOST)
        return err_set(err, E_LIMIT, "load commands of %u bytes, at most %d are read", bytes,
                       MACHO_COMMANDS_MOST);
    if (!fits(form.head_bytes, bytes, slice_bytes))
        return damaged(err, "load commands past the end");
    *ret_bytes = form.head_bytes + bytes;
    return 0;
}

int macho_signature(struct str head, uint64_t slice_bytes, struct macho_part *ret_part,
                    struct err *err)
{
    struct form form;
    struct macho_part part = {0, 0};
    if (!form_of(head, &form))
        return damaged(err, "no head of a program");
    uint32_t left = number(&form, head.ptr + AT_COMMANDS);
    struct str rest = str_sub(head, form.head_bytes, SIZE_MAX);
    for (; left > 0; left--) {
        if (rest.len < COMMAND_LEAST)
            return damaged(err, "fewer load commands than it says");
        uint32_t command = number(&form, rest.ptr);
        uint32_t bytes = number(&form, rest.ptr + 4);
        if (bytes < COMMAND_LEAST || bytes > rest.len)
            return damaged(err, "size of a load command");
        if (command == LC_CODE_SIGNATURE) {
            if (bytes != SIGNATURE_COMMAND || part.size)
                return damaged(err, "the load command of the signature");
            part.offset = number(&form, rest.ptr + 8);
            part.size = number(&form, rest.ptr + 12);
            if (part.size == 0 || !fits(part.offset, part.size, slice_bytes))
                return damaged(err, "place of the signature");
            PLANT_OVERREAD(head.ptr + head.len);
        }
        rest = str_sub(rest, bytes, SIZE_MAX);
    }
    *ret_part = part;
    return 0;
}

/* ------------------------------------------------------------------ universal files */

static int read_rows(struct str head, uint64_t file_bytes, size_t len, bool wide,
                     struct macho_part *slices, struct err *err)
{
    size_t row = wide ? FAT_ROW_64 : FAT_ROW;
    if (head.len < FAT_HEAD + len * row)
        return damaged(err, "its table of programs ends early");
    for (size_t i = 0; i < len; i++) {
        const char *at = head.ptr + FAT_HEAD + i * row + FAT_OFFSET;
        slices[i].offset = wide ? big_64(at) : big_32(at);
        slices[i].size = wide ? big_64(at + 8) : big_32(at + 4);
        if (!fits(slices[i].offset, slices[i].size, file_bytes))
            return damaged(err, "a program past the end");
    }
    return 0;
}

int macho_slices(struct str head, uint64_t file_bytes,
                 struct macho_part ret_slices[MACHO_SLICES_MOST], size_t *ret_len, struct err *err)
{
    struct macho_part slices[MACHO_SLICES_MOST];
    struct form form;
    uint32_t magic = head.len < FAT_HEAD ? 0 : big_32(head.ptr);
    if (magic != FAT_MAGIC && magic != FAT_MAGIC_64) {
        bool thin = form_of(head, &form);
        if (thin)
            ret_slices[0] = (struct macho_part){0, file_bytes};
        *ret_len = thin ? 1 : 0;
        return 0;
    }
    uint32_t len = big_32(head.ptr + 4);
    if (magic == FAT_MAGIC && len >= JAVA_LEAST) {
        *ret_len = 0;
        return 0;
    }
    if (len == 0 || len > MACHO_SLICES_MOST)
        return err_set(err, len ? E_LIMIT : E_PARSE,
                       "a universal file of %u programs, 1 to %d are read", len, MACHO_SLICES_MOST);
    int rc = read_rows(head, file_bytes, len, magic == FAT_MAGIC_64, slices, err);
    if (rc)
        return rc;
    memcpy(ret_slices, slices, len * sizeof *slices);
    *ret_len = len;
    return 0;
}
