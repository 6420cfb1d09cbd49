/* store: segments are cut, written, sealed and read; no damaged byte goes unnoticed. */
#include "store/segment.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/test.h"
#include "os/file.h"
#include "store/segformat_priv.h"
#include "store/segwrite.h"

static const char *const devices[] = {"dev-c", "dev-a", "dev-b"};

/* Bytes of a segment with one frame of two lines for each of `frames` batches. */
static void build(struct buf *out, uint32_t frames, bool sealed)
{
    struct segfile *file = segfile_new(7, 3, 1000);
    assert_non_null(file);
    const struct segment_head head = {.format = SEGMENT_FORMAT,
                                      .schema = SEGMENT_SCHEMA,
                                      .shard = 3,
                                      .created_ns = 1000,
                                      .id = 7};
    segformat_add_header(out, &head);
    for (uint32_t i = 0; i < frames; i++) {
        struct segframes cut = {0};
        struct segment_frame like = {.epoch = 5,
                                     .sequence = i + 1,
                                     .time_min_ns = 100 + i,
                                     .time_max_ns = 200 + i,
                                     .received_ns = 300 + i,
                                     .device = str_of(devices[i % ARRAY_LEN(devices)])};
        segment_kind_add(like.kinds, i ? STR("exec") : STR("open"));
        assert_ok(segframes_cut(&cut, &like, STR("{\"a\":1}\n{\"b\":2}\n"), 2, 1000, NULL, NULL));
        struct segment_frame frame = cut.items[0];
        frame.offset += out->len;
        buf_add_str(out, buf_str(&cut.bytes));
        assert_ok(segfile_add(file, &frame));
        segframes_done(&cut);
    }
    file->committed = out->len;
    file->frames_committed = file->frames_len;
    file->summary_committed = file->summary;
    if (sealed)
        assert_ok(segfile_footer(file, out));
    segfile_free(file);
    assert_ok(buf_check(out));
}

/* Read a whole segment. @return the first error, or 0; the plain bytes in `out` */
static int read_all(struct str bytes, uint64_t committed, struct buf *out)
{
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    struct segment_frame frame;
    struct err err = {0};
    int rc = segment_reader_of_bytes(bytes, committed, &reader, &err);
    if (rc)
        return rc;
    while ((rc = segment_reader_next(reader, &frame, &err)) == 0) {
        rc = segment_reader_plain(reader, &frame, out, &err);
        if (rc)
            return rc;
    }
    return rc == E_NOT_FOUND ? 0 : rc;
}

static void a_sealed_segment_tells_what_is_in_it(void **state)
{
    (void)state;
    struct buf bytes CLEANUP(buf_done) = {0};
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    struct segment_frame frame;
    build(&bytes, 5, true);
    assert_ok(segment_reader_of_bytes(buf_str(&bytes), 0, &reader, NULL));
    assert_int_equal(segment_reader_head(reader)->id, 7);
    assert_int_equal(segment_reader_head(reader)->shard, 3);
    const struct segment_summary *s = segment_reader_summary(reader);
    assert_int_equal(s->frames, 5);
    assert_int_equal(s->events, 10);
    assert_int_equal(s->devices, 3);
    assert_int_equal(s->time_min_ns, 100);
    assert_int_equal(s->time_max_ns, 204);
    assert_int_equal(s->received_min_ns, 300);
    assert_int_equal(s->received_max_ns, 304);
    assert_true(segment_kind_maybe(s->kinds, STR("exec")));
    assert_false(segment_kind_maybe(s->kinds, STR("tcc_modify")));
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        assert_true(segment_reader_has_device(reader, str_of(devices[i])));
    assert_false(segment_reader_has_device(reader, STR("dev-")));
    assert_false(segment_reader_has_device(reader, STR("dev-d")));
    for (uint32_t i = 0; i < 5; i++) {
        struct buf plain CLEANUP(buf_done) = {0};
        assert_ok(segment_reader_next(reader, &frame, NULL));
        assert_str(frame.device, devices[i % ARRAY_LEN(devices)]);
        assert_int_equal(frame.sequence, i + 1);
        assert_ok(segment_reader_plain(reader, &frame, &plain, NULL));
        assert_str(buf_str(&plain), "{\"a\":1}\n{\"b\":2}\n");
    }
    assert_int_equal(segment_reader_next(reader, &frame, NULL), E_NOT_FOUND);
}

static void a_committed_range_is_read_and_nothing_behind_it(void **state)
{
    (void)state;
    struct buf bytes CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(buf_done) = {0};
    build(&bytes, 3, false);
    uint64_t committed = bytes.len;
    assert_int_equal(read_all(buf_str(&bytes), 0, &plain), E_STATE);
    buf_add_cstr(&bytes, "half a frame that a crash left");
    assert_ok(read_all(buf_str(&bytes), committed, &plain));
    assert_int_equal(plain.len, 3 * 16);
    assert_int_equal(read_all(buf_str(&bytes), committed + 5, &plain), E_PARSE);
    assert_int_equal(read_all(buf_str(&bytes), committed - 1, &plain), E_PARSE);
    assert_int_equal(read_all(buf_str(&bytes), bytes.len + 1, &plain), E_PARSE);
}

static void no_changed_byte_goes_unnoticed(void **state)
{
    (void)state;
    struct buf bytes CLEANUP(buf_done) = {0};
    build(&bytes, 3, true);
    for (size_t i = 0; i < bytes.len; i++) {
        struct buf plain CLEANUP(buf_done) = {0};
        for (unsigned bit = 0; bit < 8; bit += 7) {
            bytes.ptr[i] = (char)(bytes.ptr[i] ^ (1 << bit));
            assert_true(read_all(buf_str(&bytes), 0, &plain) < 0);
            bytes.ptr[i] = (char)(bytes.ptr[i] ^ (1 << bit));
        }
    }
    struct buf plain CLEANUP(buf_done) = {0};
    assert_ok(read_all(buf_str(&bytes), 0, &plain));
}

static void a_segment_cut_short_anywhere_is_not_taken_for_whole(void **state)
{
    (void)state;
    struct buf bytes CLEANUP(buf_done) = {0};
    build(&bytes, 2, true);
    for (size_t len = 0; len < bytes.len; len++) {
        struct buf plain CLEANUP(buf_done) = {0};
        char *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, bytes.ptr, len);
        assert_true(read_all(str_n(copy, len), 0, &plain) < 0);
        free(copy);
    }
}

/* As the writer before keys made it: format 1, no keys in headers and footer. */
static void an_older_format_is_read_and_says_nothing_of_its_values(void **state)
{
    (void)state;
    struct buf bytes CLEANUP(buf_done) = {0};
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    struct segfile *file CLEANUP(segfile_freep) = segfile_new(7, 3, 1000);
    struct segframes cut CLEANUP(segframes_done) = {0};
    struct segment_frame like = {.epoch = 5, .sequence = 1, .device = STR("dev")};
    struct segment_frame frame;
    const struct segment_head head = {.format = 1, .schema = SEGMENT_SCHEMA, .shard = 3, .id = 7};
    assert_non_null(file);
    segformat_add_header(&bytes, &head);
    assert_ok(segframes_cut(&cut, &like, STR("{}\n"), 1, 1000, NULL, NULL));
    frame = cut.items[0];
    frame.offset += bytes.len;
    buf_add_str(&bytes, buf_str(&cut.bytes));
    assert_ok(segfile_add(file, &frame));
    file->committed = bytes.len;
    file->frames_committed = 1;
    file->summary_committed = file->summary;
    assert_ok(segfile_footer(file, &bytes));
    assert_ok(segment_reader_of_bytes(buf_str(&bytes), 0, &reader, NULL));
    assert_int_equal(segment_reader_head(reader)->format, 1);
    assert_ok(segment_reader_next(reader, &frame, NULL));
    assert_int_equal(frame.keys.len, 0);
    assert_true(segkeys_value(frame.keys, F_NAME, STR("x")));
}

/* The keys of a frame come back from its header and from the footer. */
static void keys_are_kept_in_header_and_footer(void **state)
{
    (void)state;
    for (int sealed = 0; sealed < 2; sealed++) {
        struct buf bytes CLEANUP(buf_done) = {0};
        struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
        struct segkeys *keys = NULL;
        struct segfile *file CLEANUP(segfile_freep) = segfile_new(7, 3, 1000);
        const struct segment_head head = {.format = SEGMENT_FORMAT, .shard = 3, .id = 7};
        struct segment_frame frame;
        assert_non_null(file);
        assert_ok(segkeys_new(&keys));
        segformat_add_header(&bytes, &head);
        for (uint64_t i = 0; i < 3; i++) {
            struct segframes cut CLEANUP(segframes_done) = {0};
            struct segment_frame like = {.sequence = i + 1, .device = STR("dev")};
            struct str line = i == 1 ? STR("{\"kind\":\"exec\",\"process.name\":\"curl\"}\n")
                                     : STR("{\"kind\":\"exec\",\"process.name\":\"nc\"}\n");
            assert_ok(segframes_cut(&cut, &like, line, 1, 1000, keys, NULL));
            frame = cut.items[0];
            frame.offset += bytes.len;
            buf_add_str(&bytes, buf_str(&cut.bytes));
            assert_ok(segfile_add(file, &frame));
        }
        uint64_t committed = bytes.len;
        file->committed = bytes.len;
        file->frames_committed = 3;
        file->summary_committed = file->summary;
        if (sealed)
            assert_ok(segfile_footer(file, &bytes));
        assert_ok(segment_reader_of_bytes(buf_str(&bytes), sealed ? 0 : committed, &reader, NULL));
        for (uint64_t i = 0; i < 3; i++) {
            struct buf plain CLEANUP(buf_done) = {0};
            assert_ok(segment_reader_next(reader, &frame, NULL));
            assert_int_equal(segkeys_value(frame.keys, F_NAME, STR("curl")), i == 1);
            assert_int_equal(segkeys_value(frame.keys, F_NAME, STR("nc")), i != 1);
            assert_str(frame.device, "dev");
            assert_ok(segment_reader_plain(reader, &frame, &plain, NULL));
        }
        assert_int_equal(segment_reader_next(reader, &frame, NULL), E_NOT_FOUND);
        segkeys_free(keys);
    }
}

static void a_newer_format_is_refused_by_its_number(void **state)
{
    (void)state;
    struct buf bytes CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(buf_done) = {0};
    const struct segment_head head = {.format = SEGMENT_FORMAT + 1};
    segformat_add_header(&bytes, &head);
    assert_int_equal(read_all(buf_str(&bytes), bytes.len, &plain), E_VERSION);
}

/* ------------------------------------------------------------------ cutting */

static void lines_are_never_split_and_frames_stay_small(void **state)
{
    (void)state;
    struct buf plain CLEANUP(buf_done) = {0};
    struct buf back CLEANUP(buf_done) = {0};
    struct buf bytes CLEANUP(buf_done) = {0};
    struct segframes cut = {0};
    const struct segment_frame like = {.sequence = 1, .device = STR("dev-1")};
    uint32_t lines = 0;
    unsigned seed = 1;
    while (plain.len < 3 * SEGMENT_FRAME_BYTES) {
        size_t len = (size_t)rand_r(&seed) % 3000;
        if (lines == 40)
            len = SEGMENT_FRAME_BYTES + 17; /* one line longer than a frame */
        for (size_t i = 0; i < len; i++)
            buf_add_char(&plain, (char)('a' + rand_r(&seed) % 16));
        buf_add_char(&plain, '\n');
        lines++;
    }
    assert_ok(segframes_cut(&cut, &like, buf_str(&plain), lines, 1 << 20, NULL, NULL));
    const struct segment_head head = {.format = SEGMENT_FORMAT};
    segformat_add_header(&bytes, &head);
    buf_add_str(&bytes, buf_str(&cut.bytes));
    uint32_t ordinal = 0;
    for (size_t i = 0; i < cut.len; i++) {
        assert_true(cut.items[i].plain_bytes <= SEGMENT_FRAME_BYTES || cut.items[i].events == 1);
        assert_int_equal(cut.items[i].first_ordinal, ordinal);
        ordinal += cut.items[i].events;
    }
    assert_int_equal(ordinal, lines);
    assert_ok(read_all(buf_str(&bytes), bytes.len, &back));
    assert_true(str_eq(buf_str(&plain), buf_str(&back)));
    segframes_done(&cut);
    assert_int_equal(segframes_cut(&cut, &like, buf_str(&plain), lines, 1000, NULL, NULL), E_LIMIT);
}

static void devices_spread_over_the_shards_and_stay_there(void **state)
{
    (void)state;
    unsigned counts[4] = {0};
    for (unsigned i = 0; i < 4000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "device-%u", i);
        uint32_t shard = segment_shard(str_of(name), 4);
        assert_int_equal(shard, segment_shard(str_of(name), 4));
        counts[shard]++;
    }
    for (unsigned s = 0; s < 4; s++)
        assert_true(counts[s] > 700);
}

/* ------------------------------------------------------------------ memory and files */

static int build_and_read(void *context)
{
    struct segframes cut = {0};
    struct buf bytes CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(buf_done) = {0};
    struct segfile *file CLEANUP(segfile_freep) = segfile_new(1, 0, 1);
    const struct segment_frame like = {.sequence = 1, .device = STR("dev-1")};
    const struct segment_head head = {.format = SEGMENT_FORMAT};
    (void)context;
    if (!file)
        return E_NOMEM;
    segformat_add_header(&bytes, &head);
    int rc = segframes_cut(&cut, &like, STR("{}\n"), 1, 100, NULL, NULL);
    if (!rc) {
        struct segment_frame frame = cut.items[0];
        frame.offset += bytes.len;
        buf_add_str(&bytes, buf_str(&cut.bytes));
        rc = segfile_add(file, &frame);
    }
    segframes_done(&cut);
    if (!rc)
        rc = buf_check(&bytes);
    file->committed = bytes.len;
    file->frames_committed = file->frames_len;
    file->summary_committed = file->summary;
    if (!rc)
        rc = segfile_footer(file, &bytes);
    return rc ? rc : read_all(buf_str(&bytes), 0, &plain);
}

static void an_allocation_failure_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(build_and_read, NULL, 100);
}

static void a_file_is_read_like_bytes_and_only_a_regular_one(void **state)
{
    (void)state;
    struct buf bytes CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(buf_done) = {0};
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    struct segment_frame frame;
    char *folder = test_tmpdir();
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/a.seg", folder);
    build(&bytes, 4, true);
    assert_ok(file_write_atomic(path, buf_str(&bytes), 0600, NULL));
    assert_ok(segment_reader_open(path, 0, &reader, NULL));
    for (uint32_t i = 0; i < 4; i++) {
        assert_ok(segment_reader_next(reader, &frame, NULL));
        assert_ok(segment_reader_plain(reader, &frame, &plain, NULL));
    }
    assert_int_equal(plain.len, 4 * 16);
    struct segment_reader *none = NULL;
    assert_int_equal(segment_reader_open(folder, 0, &none, NULL), E_UNSUPPORTED);
    (void)snprintf(path, sizeof path, "%s/b.seg", folder);
    assert_int_equal(segment_reader_open(path, 0, &none, NULL), E_NOT_FOUND);
    test_tmpdir_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_segment_tells_what_is_in_it),
        cmocka_unit_test(a_committed_range_is_read_and_nothing_behind_it),
        cmocka_unit_test(no_changed_byte_goes_unnoticed),
        cmocka_unit_test(a_segment_cut_short_anywhere_is_not_taken_for_whole),
        cmocka_unit_test(an_older_format_is_read_and_says_nothing_of_its_values),
        cmocka_unit_test(keys_are_kept_in_header_and_footer),
        cmocka_unit_test(a_newer_format_is_refused_by_its_number),
        cmocka_unit_test(lines_are_never_split_and_frames_stay_small),
        cmocka_unit_test(devices_spread_over_the_shards_and_stay_there),
        cmocka_unit_test(an_allocation_failure_is_reported),
        cmocka_unit_test(a_file_is_read_like_bytes_and_only_a_regular_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
