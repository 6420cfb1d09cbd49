/* Building Mach-O files. See machofile.h. Source: Apple, mach-o/loader.h, mach-o/fat.h,
 * kern/cs_blobs.h. */
#include "harness/machofile.h"

#define VERSION_TEAM 0x20200U

static void add_zeros(struct buf *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_add_char(out, '\0');
}

void machofile_add_directory(struct buf *out, const struct machofile_signing *s)
{
    static const uint8_t hash_bytes[] = {32, 20, 32, 20, 48};
    struct buf names CLEANUP(buf_done) = {0};
    uint32_t version = s->version ? s->version : VERSION_TEAM;
    uint32_t head = version >= VERSION_TEAM ? 52 : 44;
    uint32_t team = 0;
    buf_add(&names, s->id, strlen(s->id) + 1);
    if (s->team) {
        team = head + (uint32_t)names.len;
        buf_add(&names, s->team, strlen(s->team) + 1);
    }
    buf_add_u32(out, 0xfade0c02U);
    buf_add_u32(out, head + (uint32_t)names.len);
    buf_add_u32(out, version);
    buf_add_u32(out, s->flags);
    buf_add_u32(out, head + (uint32_t)names.len); /* no hashes: behind the end */
    buf_add_u32(out, head);
    add_zeros(out, 12);
    uint8_t hash = s->hash ? s->hash : 2;
    buf_add_u8(out, hash < 5 ? hash_bytes[hash] : 20);
    buf_add_u8(out, hash);
    buf_add_u8(out, s->platform);
    buf_add_u8(out, 12);
    buf_add_u32(out, 0);
    if (version >= VERSION_TEAM) {
        buf_add_u32(out, 0);
        buf_add_u32(out, team);
    }
    buf_add_str(out, buf_str(&names));
}

void machofile_add_signature(struct buf *out, const struct machofile_blob *blobs, size_t len)
{
    uint32_t at = 12 + (8 * (uint32_t)len);
    uint32_t bytes = at;
    for (size_t i = 0; i < len; i++)
        bytes += (uint32_t)blobs[i].bytes.len;
    buf_add_u32(out, 0xfade0cc0U);
    buf_add_u32(out, bytes);
    buf_add_u32(out, (uint32_t)len);
    for (size_t i = 0; i < len; i++) {
        buf_add_u32(out, blobs[i].slot);
        buf_add_u32(out, at);
        at += (uint32_t)blobs[i].bytes.len;
    }
    for (size_t i = 0; i < len; i++)
        buf_add_str(out, blobs[i].bytes);
}

void machofile_add_cms(struct buf *out)
{
    buf_add_u32(out, 0xfade0b01U);
    buf_add_u32(out, 12);
    buf_add_u32(out, 0x30800000U);
}

void machofile_add_simple(struct buf *out, const struct machofile_signing *s, bool cms)
{
    struct buf directory CLEANUP(buf_done) = {0};
    struct buf over CLEANUP(buf_done) = {0};
    machofile_add_directory(&directory, s);
    machofile_add_cms(&over);
    const struct machofile_blob blobs[] = {{0, buf_str(&directory)}, {0x10000, buf_str(&over)}};
    machofile_add_signature(out, blobs, cms ? 2 : 1);
}

static void add_32(struct buf *out, bool big, uint32_t n)
{
    if (big)
        buf_add_u32(out, n);
    else
        buf_add_u32(out, __builtin_bswap32(n));
}

void machofile_add_program(struct buf *out, struct machofile_form form, struct str signature)
{
    size_t start = out->len;
    uint32_t commands = signature.len ? 2 : 1;
    uint32_t bytes = 24 + (signature.len ? 16 : 0);
    add_32(out, form.big, form.bits_32 ? 0xfeedfaceU : 0xfeedfacfU);
    add_32(out, form.big, 0x0100000cU);
    add_32(out, form.big, 0);
    add_32(out, form.big, 2);
    add_32(out, form.big, commands);
    add_32(out, form.big, bytes);
    add_32(out, form.big, 0);
    if (!form.bits_32)
        add_32(out, form.big, 0);
    add_32(out, form.big, 0x1b); /* LC_UUID */
    add_32(out, form.big, 24);
    add_zeros(out, 16);
    if (signature.len) {
        add_32(out, form.big, 0x1d);
        add_32(out, form.big, 16);
        add_32(out, form.big, (uint32_t)(out->len - start) + 8);
        add_32(out, form.big, (uint32_t)signature.len);
    }
    buf_add_str(out, signature);
}

void machofile_add_universal(struct buf *out, const struct str *programs, size_t len, bool wide)
{
    uint64_t at = 8 + (len * (wide ? 32 : 20));
    buf_add_u32(out, wide ? 0xcafebabfU : 0xcafebabeU);
    buf_add_u32(out, (uint32_t)len);
    for (size_t i = 0; i < len; i++) {
        buf_add_u64(out, 0x0100000c00000000U + i);
        if (wide) {
            buf_add_u64(out, at);
            buf_add_u64(out, programs[i].len);
            buf_add_u64(out, 0);
        } else {
            buf_add_u32(out, (uint32_t)at);
            buf_add_u32(out, (uint32_t)programs[i].len);
            buf_add_u32(out, 0);
        }
        at += programs[i].len;
    }
    for (size_t i = 0; i < len; i++)
        buf_add_str(out, programs[i]);
}

void machofile_add_image(struct buf *out, struct str signature)
{
    uint64_t offset = out->len;
    buf_add_str(out, signature);
    buf_add_cstr(out, "koly");
    buf_add_u32(out, 4);
    buf_add_u32(out, 512);
    add_zeros(out, 296 - 12);
    buf_add_u64(out, offset);
    buf_add_u64(out, signature.len);
    add_zeros(out, 512 - 312);
}
