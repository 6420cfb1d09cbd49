/* The quick look at a line: every kernel of this processor says the same as the portable one, on
 * every input; and what it says is what the grammar says of well-formed text. */
#include "harness/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "codec/ndjson.h"
#include "codec/ndjson_line_priv.h"
#include "os/file.h"

static uint64_t seed;

static unsigned dice(unsigned sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % sides;
}

/* The same, one byte at a time. */
static bool plain_look(struct str line)
{
    size_t depth = 1;
    bool in_string = false;
    for (size_t i = 1; i < line.len; i++) {
        char c = line.ptr[i];
        if (c == '\\') {
            /* Only a quote loses its meaning, and a backslash its power over the next. */
            i += i + 1 < line.len && (line.ptr[i + 1] == '"' || line.ptr[i + 1] == '\\');
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            if (depth++ == 0)
                return false;
        } else if (!in_string && (c == '}' || c == ']')) {
            if (depth-- == 0)
                return false;
        }
    }
    return depth == 0 && !in_string;
}

/* On a copy that ends where its memory ends. @return what all say */
static bool look_with_all(struct str text)
{
    char *copy = malloc(text.len);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    struct str line = {copy, text.len};
    bool wanted = ndjson_kernel_portable.is_one_object(line);
    const struct ndjson_kernel *kernel;
    size_t ascii = 0;
    while (ascii < text.len && (unsigned char)copy[ascii] < 0x80)
        ascii++;
    for (unsigned i = 0; (kernel = ndjson_kernel_at(i)); i++) {
        assert_int_equal(kernel->is_one_object(line), wanted);
        size_t said = kernel->ascii(line);
        assert_true(said <= ascii && (said == text.len) == (ascii == text.len));
    }
    assert_int_equal(plain_look(line), wanted);
    free(copy);
    return wanted;
}

/* Every beginning of the text, as it is and with a brace at its end. */
static void look_at_beginnings(struct str text, size_t step)
{
    char *copy = malloc(text.len + 1);
    assert_non_null(copy);
    for (size_t len = 2; len <= text.len; len += step) {
        (void)look_with_all(str_sub(text, 0, len));
        memcpy(copy, text.ptr, len);
        copy[len] = '}';
        (void)look_with_all(str_n(copy, len + 1));
    }
    free(copy);
}

static void add_soup(struct buf *b, unsigned pieces)
{
    static const char *const soup[] = {"{",    "}",  "[",     "]",        "\"", "\\",        "\\\"",
                                       "\\\\", ",",  ":",     "\xc3\xa9", "a",  "/Users/x",  "\n",
                                       "{}",   "[]", "\"}\"", "\"{\"",    " ",  "1234567890"};
    buf_add_char(b, '{');
    while (pieces--)
        buf_add_cstr(b, soup[dice(ARRAY_LEN(soup))]);
    buf_add_char(b, '}');
}

static void the_last_kernel_is_the_portable_one(void **state)
{
    (void)state;
    unsigned count = 0;
    while (ndjson_kernel_at(count))
        count++;
    assert_true(count >= 1);
    assert_ptr_equal(ndjson_kernel_at(count - 1), &ndjson_kernel_portable);
}

static void kernels_agree_on_soup(void **state)
{
    (void)state;
    struct buf b = {0};
    unsigned whole = 0;
    seed = 7;
    for (unsigned round = 0; round < 12000; round++) {
        buf_clear(&b);
        add_soup(&b, dice(round % 2 ? 12 : 200));
        whole += look_with_all(buf_str(&b));
    }
    assert_true(whole > 20);
    buf_done(&b);
}

static void kernels_agree_on_random_bytes(void **state)
{
    (void)state;
    struct buf b = {0};
    seed = 11;
    for (unsigned round = 0; round < 5000; round++) {
        buf_clear(&b);
        buf_add_char(&b, '{');
        for (unsigned n = dice(300); n; n--)
            buf_add_char(&b, (char)dice(256));
        buf_add_char(&b, '}');
        (void)look_with_all(buf_str(&b));
    }
    buf_done(&b);
}

static void kernels_agree_on_runs_of_backslashes_across_blocks(void **state)
{
    (void)state;
    struct buf b = {0};
    for (unsigned before = 0; before < 130; before += 3) {
        for (unsigned run = 0; run < 140; run++) {
            buf_clear(&b);
            buf_add_cstr(&b, "{\"");
            for (unsigned i = 0; i < before; i++)
                buf_add_char(&b, 'x');
            for (unsigned i = 0; i < run; i++)
                buf_add_char(&b, '\\');
            buf_add_cstr(&b, "\":{}}");
            assert_int_equal(look_with_all(buf_str(&b)), run % 2 == 0);
        }
    }
    buf_done(&b);
}

static void kernels_agree_on_the_corpora_cut_anywhere(void **state)
{
    (void)state;
    static const char *const folders[] = {"ndjson", "reader", "normalise"};
    unsigned files = 0;
    for (size_t f = 0; f < ARRAY_LEN(folders); f++) {
        char folder[512];
        (void)snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", CORDON_SOURCE_DIR,
                       folders[f]);
        DIR *dir = opendir(folder);
        assert_non_null(dir);
        for (struct dirent *e; (e = readdir(dir));) {
            char path[1024];
            struct buf text = {0};
            (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            if (e->d_name[0] != '.' && file_read(path, 1 << 20, &text, NULL) == 0 && text.len > 1) {
                look_at_beginnings(buf_str(&text), 1 + text.len / 60);
                files++;
            }
            buf_done(&text);
        }
        (void)closedir(dir);
    }
    assert_true(files > 20);
}

static void a_line_that_is_measured_whole_looks_whole(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{}", "{\"a\":1}", "{\"a\":{\"b\":[1,2,{\"c\":\"}]\"}]},\"d\":\"\\\\\"}",
        "{\"path\":\"\\/Users\\/x\\/\\\"quoted\\\"\",\"list\":[[],[[]],{}]}"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        size_t len;
        assert_ok(ndjson_measure(str_of(lines[i]), &len));
        assert_int_equal(len, strlen(lines[i]));
        assert_true(look_with_all(str_of(lines[i])));
        assert_true(ndjson_is_one_object(str_of(lines[i])));
    }
    assert_false(ndjson_is_one_object(STR("{}{}")));
    assert_false(ndjson_is_one_object(STR("{\"a\":\"}")));
    assert_false(ndjson_is_one_object(STR("{")));
    assert_false(ndjson_is_one_object(STR("[]")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_kernel_is_the_portable_one),
        cmocka_unit_test(kernels_agree_on_soup),
        cmocka_unit_test(kernels_agree_on_random_bytes),
        cmocka_unit_test(kernels_agree_on_runs_of_backslashes_across_blocks),
        cmocka_unit_test(kernels_agree_on_the_corpora_cut_anywhere),
        cmocka_unit_test(a_line_that_is_measured_whole_looks_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
