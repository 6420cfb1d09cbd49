#include "sensor/file_watch.h"

#include <stdio.h>
#include <sys/fanotify.h>

#include "harness/test.h"

/* Append a name record as the kernel writes it. */
static void add_place(struct buf *b, uint8_t type, const char *handle, const char *name)
{
    uint32_t handle_len = (uint32_t)strlen(handle);
    int32_t handle_type = 1, fsid[2] = {11, 22};
    size_t len = sizeof(struct fanotify_event_info_header) + 16 + handle_len + strlen(name) + 1;
    size_t padded = (len + 3) & ~(size_t)3;
    struct fanotify_event_info_header head = {.info_type = type, .len = (uint16_t)padded};
    buf_add(b, &head, sizeof head);
    buf_add(b, fsid, sizeof fsid);
    buf_add(b, &handle_len, sizeof handle_len);
    buf_add(b, &handle_type, sizeof handle_type);
    buf_add(b, handle, handle_len);
    buf_add(b, name, strlen(name) + 1);
    buf_add(b, "\0\0\0", padded - len);
}

static void begin(struct buf *b, uint64_t mask)
{
    struct fanotify_event_metadata meta = {.vers = FANOTIFY_METADATA_VERSION,
                                           .metadata_len = sizeof meta,
                                           .event_len = sizeof meta,
                                           .mask = mask,
                                           .fd = FAN_NOFD,
                                           .pid = 42};
    buf_add(b, &meta, sizeof meta);
}

/* Give the last event, which starts at `start`, its length. */
static void finish(struct buf *b, size_t start)
{
    uint32_t len = (uint32_t)(b->len - start);
    memcpy(b->ptr + start, &len, sizeof len);
}

static void two_events(struct buf *b)
{
    begin(b, FAN_CREATE | FAN_CLOSE_WRITE);
    add_place(b, FAN_EVENT_INFO_TYPE_DFID_NAME, "HANDLE-1", "file");
    finish(b, 0);
    size_t start = b->len;
    begin(b, FAN_RENAME | FAN_ONDIR);
    add_place(b, FAN_EVENT_INFO_TYPE_OLD_DFID_NAME, "HANDLE-2", "before");
    add_place(b, FAN_EVENT_INFO_TYPE_NEW_DFID_NAME, "HANDLE-33", "after");
    finish(b, start);
}

static void events_are_read_with_their_names(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = {0};
    two_events(&b);
    struct str rest = buf_str(&b);
    struct file_note n;
    assert_ok(file_watch_next(&rest, &n));
    assert_int_equal(n.what, FILE_CREATED | FILE_CLOSED);
    assert_int_equal(n.pid, 42);
    assert_str(n.place.handle, "HANDLE-1");
    assert_str(n.place.name, "file");
    assert_int_equal(n.place.fsid[0], 11);
    assert_int_equal(n.place.fsid[1], 22);
    assert_int_equal(n.old.handle.len, 0);
    assert_ok(file_watch_next(&rest, &n));
    assert_int_equal(n.what, FILE_RENAMED | FILE_IS_FOLDER);
    assert_str(n.old.name, "before");
    assert_str(n.place.name, "after");
    assert_str(n.place.handle, "HANDLE-33");
    assert_int_equal(file_watch_next(&rest, &n), E_NOT_FOUND);
}

static void an_overflow_has_no_place(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = {0};
    begin(&b, FAN_Q_OVERFLOW);
    struct str rest = buf_str(&b);
    struct file_note n;
    assert_ok(file_watch_next(&rest, &n));
    assert_int_equal(n.what, FILE_OVERFLOW);
    assert_int_equal(n.place.handle.len, 0);
}

static void a_cut_event_is_refused_at_every_length(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = {0};
    begin(&b, FAN_DELETE);
    add_place(&b, FAN_EVENT_INFO_TYPE_DFID_NAME, "HANDLE-1", "name");
    finish(&b, 0);
    for (size_t len = 1; len < b.len; len++) {
        struct str rest = str_n(b.ptr, len);
        struct file_note n;
        assert_int_equal(file_watch_next(&rest, &n), E_PARSE);
        assert_int_equal(rest.len, 0);
    }
}

static void contradicting_lengths_are_refused(void **state)
{
    (void)state;
    enum { INFO = sizeof(struct fanotify_event_metadata), HANDLE_LEN = INFO + 4 + 8 };
    static const struct {
        size_t offset;
        uint8_t value;
    } edits[] = {
        {4, 2},             /* version */
        {0, 8},             /* event shorter than its head */
        {INFO + 2, 3},      /* info shorter than its head */
        {INFO + 2, 200},    /* info longer than the event */
        {HANDLE_LEN, 0},    /* no handle */
        {HANDLE_LEN, 13},   /* the handle eats the name and its NUL */
        {HANDLE_LEN, 0xff}, /* longer than any handle */
    };
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        CLEANUP(buf_done) struct buf b = {0};
        begin(&b, FAN_DELETE);
        add_place(&b, FAN_EVENT_INFO_TYPE_DFID_NAME, "HANDLE-1", "nam");
        finish(&b, 0);
        b.ptr[edits[i].offset] = (char)edits[i].value;
        struct str rest = buf_str(&b);
        struct file_note n;
        if (file_watch_next(&rest, &n) != E_PARSE) {
            print_error("edit %zu was accepted\n", i);
            fail();
        }
    }
}

static void folders_that_cannot_be_watched_are_named(void **state)
{
    (void)state;
    struct file_watch *w = NULL;
    struct err err = {0};
    if (file_watch_new(&w, &err)) {
        print_message("skipped: %s\n", err.message);
        skip();
    }
    assert_int_equal(file_watch_add(w, STR("/nonexistent/x"), &err), E_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nonexistent/x"));
    assert_int_not_equal(file_watch_add(w, STR("/etc/passwd"), &err), 0);
    char *folder = test_tmpdir();
    for (unsigned i = 0; i < FILE_WATCH_FOLDERS_MAX; i++)
        assert_ok_err(file_watch_add(w, str_of(folder), &err), &err);
    assert_int_equal(file_watch_add(w, str_of(folder), &err), E_LIMIT);
    test_tmpdir_remove(folder);
    file_watch_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_read_with_their_names),
        cmocka_unit_test(an_overflow_has_no_place),
        cmocka_unit_test(a_cut_event_is_refused_at_every_length),
        cmocka_unit_test(contradicting_lengths_are_refused),
        cmocka_unit_test(folders_that_cannot_be_watched_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
