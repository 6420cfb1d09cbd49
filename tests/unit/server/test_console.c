/* server/console: which path is the page, which a file, which nothing; the embedded table. */
#include "harness/test.h"

#include "schema/route.h"
#include "server/console.h"

static enum console_kind kind_of(struct str path)
{
    const struct console_file *file = NULL;
    enum console_kind kind = console_find(path, &file);
    assert_true((kind == CONSOLE_NOTHING) == (file == NULL));
    if (kind == CONSOLE_PAGE)
        assert_str(file->path, "/index.html");
    return kind;
}

static const char *const pages[] = {
    "/",     "/index.html", "/alerts",        "/alerts/0a1b", "/devices", "/devices/x/processes",
    "/apis", "/livezz",     "/device-groups", "/metric",      "/assets",  "/settings/",
};

static const char *const nothing[] = {
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/nothing",
    "/api/v2/x",
    "/device",
    "/device/v1/batch",
    "/livez",
    "/livez/",
    "/readyz/x",
    "/metrics",
    "/metrics/a",
    "/assets/",
    "/assets/nothing",
    "/assets/nothing.js",
    "/nothing.js",
    "/assets/index.html",
    "/x/index.html",
    "/index.html/x.y",
    "/INDEX.HTML",
    "/Assets/absent-1.css",
    "*",
    "",
    "index.html",
    "/.git",
    "/a/.env",
    "/index.html.br",
};

static void paths_without_an_extension_are_the_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (kind_of(str_of(pages[i])) != CONSOLE_PAGE)
            fail_msg("%s", pages[i]);
    }
}

static void other_paths_are_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
        if (kind_of(str_of(nothing[i])) != CONSOLE_NOTHING)
            fail_msg("%s", nothing[i]);
    }
}

static void no_route_lies_where_the_page_is(void **state)
{
    (void)state;
    for (unsigned id = 0; id < ROUTE_COUNT; id++)
        assert_int_equal(kind_of(route_table[id].path), CONSOLE_NOTHING);
}

static void every_file_is_found_by_its_path_and_no_other(void **state)
{
    (void)state;
    assert_true(console_files_len > 0);
    for (size_t i = 0; i < console_files_len; i++) {
        const struct console_file *file = &console_files[i];
        const struct console_file *found = NULL;
        assert_int_not_equal(console_find(file->path, &found), CONSOLE_NOTHING);
        assert_ptr_equal(found, file);
        assert_true(i == 0 || str_cmp(console_files[i - 1].path, file->path) < 0);
        assert_true(str_starts(file->path, STR("/")) && file->type.len && file->hash.len == 32);
        assert_int_equal(file->forms[HTTP_IDENTITY].ptr[file->forms[HTTP_IDENTITY].len], 0);
        for (unsigned coding = HTTP_GZIP; coding < HTTP_CODINGS; coding++)
            assert_true(file->forms[coding].len < file->forms[HTTP_IDENTITY].len);
        for (size_t len = 0; len < file->path.len; len++) {
            enum console_kind kind = console_find(str_sub(file->path, 0, len), &found);
            assert_true(kind == CONSOLE_NOTHING || kind == CONSOLE_PAGE);
        }
    }
}

static void the_page_has_a_place_for_its_nonce(void **state)
{
    (void)state;
    const struct console_file *page = NULL;
    assert_int_equal(console_find(STR("/"), &page), CONSOLE_PAGE);
    struct str mark = STR("<meta name=\"csp-nonce\" content=\"" CONSOLE_NONCE_PLACEHOLDER "\"");
    assert_true(str_find(page->forms[HTTP_IDENTITY], mark) != SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_without_an_extension_are_the_page),
        cmocka_unit_test(other_paths_are_nothing),
        cmocka_unit_test(no_route_lies_where_the_page_is),
        cmocka_unit_test(every_file_is_found_by_its_path_and_no_other),
        cmocka_unit_test(the_page_has_a_place_for_its_nonce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
