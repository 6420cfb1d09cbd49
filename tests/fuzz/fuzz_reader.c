/* A stream gives the same records whatever the sizes of the reads; every record starts and ends
 * with a brace, comes in order and within the stream; all bytes are consumed. */
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "event/reader.h"

enum { PACKETS_MAX = 200 };

static void describe(struct buf *out, int fd, size_t size)
{
    struct reader *r;
    uint64_t before = 1;
    if (reader_new(fd, &r))
        abort();
    for (;;) {
        struct str record;
        uint64_t line = 0;
        struct err err = {0};
        int rc = reader_next(r, &record, &line, &err);
        if (rc == E_CLOSED)
            break;
        FUZZ_ASSERT(rc == 0 || rc == E_PARSE || rc == E_LIMIT);
        FUZZ_ASSERT(line >= before && line <= size + 1);
        before = line;
        buf_addf(out, "%d:%llu:", rc, (unsigned long long)line);
        if (rc == 0) {
            FUZZ_ASSERT(record.len >= 2 && record.ptr[0] == '{');
            FUZZ_ASSERT(record.ptr[record.len - 1] == '}');
            buf_add_str(out, record);
        }
    }
    FUZZ_ASSERT(reader_bytes(r) == size);
    reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_of(data, size);
    size_t chunk = fuzz_take_byte(&input) % 16u + 1u;
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&input);
    CLEANUP(buf_done) struct buf whole = {0};
    CLEANUP(buf_done) struct buf pieces = {0};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, text.ptr, text.len) != (ssize_t)text.len || lseek(fd, 0, SEEK_SET))
        abort();
    describe(&whole, fd, text.len);
    (void)close(fd);

    int pair[2];
    if (text.len / chunk >= PACKETS_MAX)
        chunk = text.len / PACKETS_MAX + 1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
        abort();
    for (size_t at = 0; at < text.len; at += chunk) {
        struct str piece = str_sub(text, at, chunk);
        if (write(pair[0], piece.ptr, piece.len) != (ssize_t)piece.len)
            abort();
    }
    (void)close(pair[0]);
    describe(&pieces, pair[1], text.len);
    (void)close(pair[1]);
    FUZZ_ASSERT(str_eq(buf_str(&whole), buf_str(&pieces)));
    return 0;
}
