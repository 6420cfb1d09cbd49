/* The signature of a file on disk. See signature.h. */
#include "codesign/signature.h"

#include "base/buf.h"
#include "crypto/digest.h"
#include "os/file.h"

/* Replace the buffer by a part of the file. */
static int read_part(int fd, struct macho_part part, struct buf *out, struct err *err)
{
    buf_clear(out);
    if (buf_reserve(out, (size_t)part.size))
        return E_NOMEM;
    int rc = file_pread_all(fd, out->ptr, (size_t)part.size, part.offset);
    if (rc)
        return err_set(err, E_IO, "cannot read %llu bytes at %llu of the file",
                       (unsigned long long)part.size, (unsigned long long)part.offset);
    out->len = (size_t)part.size;
    return 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int set_cdhash(const struct codesig *s, struct signature_part *part)
{
    unsigned char digest[DIGEST_BYTES_MOST];
    enum digest_type type = s->hash == CODESIG_SHA1     ? DIGEST_SHA1
                            : s->hash == CODESIG_SHA384 ? DIGEST_SHA384
                                                        : DIGEST_SHA256;
    int rc = digest_of(type, s->directory, digest);
    if (rc == 0)
        memcpy(part->cdhash, digest, sizeof part->cdhash);
    return rc;
}

/* Who may have signed, by what the signature says. Part of the system is what the kernel's list
 * has, which no file shows: the claim of it leaves more than one. A team signs for the App Store,
 * too; as for events before macOS 26 that is taken for a Developer ID. */
static unsigned signers_of(const struct codesig *s)
{
    unsigned apple = s->platform ? 1U << SIGNATURE_APPLE : 0;
    if (s->flags & CODESIG_ADHOC)
        return apple | 1U << SIGNATURE_AD_HOC;
    if (s->cms && s->team.len)
        return apple | 1U << SIGNATURE_DEVELOPER_ID;
    if (s->cms)
        return 1U << SIGNATURE_APPLE | 1U << SIGNATURE_APP_STORE | 1U << SIGNATURE_DEVELOPER_ID;
    return (1U << SIGNATURE_SIGNERS) - 1; /* neither signed nor ad hoc: it claims nothing */
}

static int add_part(int fd, struct macho_part place, struct signature *sig, struct buf *bytes,
                    struct err *err)
{
    struct signature_part *part = &sig->parts[sig->len++];
    struct codesig s;
    *part = (struct signature_part){.is_signed = place.size != 0};
    if (!part->is_signed) {
        sig->signers |= 1U << SIGNATURE_NONE;
        return 0;
    }
    if (place.size > SIGNATURE_BYTES_MOST)
        return err_set(err, E_LIMIT, "a code signature of %llu bytes, at most %d are read",
                       (unsigned long long)place.size, SIGNATURE_BYTES_MOST);
    int rc = read_part(fd, place, bytes, err);
    if (rc == 0)
        rc = codesig_read(buf_str(bytes), &s, err);
    if (rc)
        return rc;
    memcpy(part->id, s.id.ptr, s.id.len);
    if (s.team.len)
        memcpy(part->team, s.team.ptr, s.team.len);
    sig->signers |= signers_of(&s);
    return set_cdhash(&s, part);
}

static int add_slice(int fd, struct macho_part slice, struct signature *sig, struct buf *bytes,
                     struct err *err)
{
    struct macho_part head = {slice.offset, least(slice.size, MACHO_HEAD_BYTES)};
    struct macho_part place;
    size_t head_bytes;
    int rc = read_part(fd, head, bytes, err);
    if (rc == 0)
        rc = macho_head_bytes(buf_str(bytes), slice.size, &head_bytes, err);
    if (rc)
        return rc;
    head.size = head_bytes;
    rc = read_part(fd, head, bytes, err);
    if (rc == 0)
        rc = macho_signature(buf_str(bytes), slice.size, &place, err);
    if (rc)
        return rc;
    place.offset += slice.offset;
    return add_part(fd, place, sig, bytes, err);
}

static int add_image(int fd, uint64_t file_bytes, struct signature *sig, struct buf *bytes,
                     struct err *err)
{
    uint64_t trailer = least(file_bytes, CODESIG_TRAILER_BYTES);
    struct macho_part place;
    int rc = read_part(fd, (struct macho_part){file_bytes - trailer, trailer}, bytes, err);
    if (rc == 0)
        rc = codesig_of_image(buf_str(bytes), file_bytes, &place.offset, &place.size, err);
    return rc ? rc : add_part(fd, place, sig, bytes, err);
}

int signature_read(int fd, uint64_t file_bytes, struct signature *ret_signature, struct err *err)
{
    CLEANUP(buf_done) struct buf bytes = {0};
    struct macho_part slices[MACHO_SLICES_MOST];
    struct signature sig = {0};
    size_t len;
    int rc =
        read_part(fd, (struct macho_part){0, least(file_bytes, MACHO_HEAD_BYTES)}, &bytes, err);
    if (rc == 0)
        rc = macho_slices(buf_str(&bytes), file_bytes, slices, &len, err);
    if (rc == 0 && len == 0)
        rc = add_image(fd, file_bytes, &sig, &bytes, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = add_slice(fd, slices[i], &sig, &bytes, err);
    if (rc == 0)
        *ret_signature = sig;
    return rc;
}
