/* One record: accepted exactly when jansson accepts it (where both define the text), with the same
 * number of elements and the same strings; and cut from a stream at the same place. */
#include "fuzz/fuzz.h"

#include <jansson.h>

#include "base/text.h"
#include "codec/ndjson.h"

enum { A, AB, LIST, STARRED, DOTTED, ANY };

static const char *const paths[] = {"a", "a.b", "l[]", "e.*.x[]", "k\\.l", "*"};

/* jansson has limits where the grammar has none, and refuses escapes of lone surrogates. */
static bool jansson_is_narrower(struct str text, const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_stack_overflow ||
           code == json_error_null_byte_in_key || str_find(text, STR("\\ud")) != SIZE_MAX ||
           str_find(text, STR("\\uD")) != SIZE_MAX;
}

static void check_values(struct ndjson *n, struct str text)
{
    size_t pos = 0;
    for (struct ndjson_value *v = ndjson_each(n, &pos); v; v = ndjson_each(n, &pos)) {
        FUZZ_ASSERT(v->path <= ANY && v->type <= NDJSON_ARRAY);
        FUZZ_ASSERT(v->raw.len <= text.len);
        FUZZ_ASSERT(text_utf8_valid(ndjson_text(n, v)) && text_utf8_valid(v->key));
        double d;
        (void)!ndjson_double(v, &d);
    }
}

static void check_against(struct ndjson *n, json_t *root)
{
    json_t *a = json_is_object(root) ? json_object_get(root, "a") : NULL;
    json_t *list = json_is_object(root) ? json_object_get(root, "l") : NULL;
    FUZZ_ASSERT(!a == !ndjson_get(n, A));
    if (json_is_string(a))
        FUZZ_ASSERT(str_eq(ndjson_text(n, ndjson_get(n, A)),
                           str_n(json_string_value(a), json_string_length(a))));
    if (json_is_integer(a))
        FUZZ_ASSERT(ndjson_get(n, A)->i == json_integer_value(a));
    FUZZ_ASSERT(ndjson_count(n, LIST) == (json_is_array(list) ? json_array_size(list) : 0));
    FUZZ_ASSERT((json_is_object(a) && json_object_get(a, "b")) == !!ndjson_get(n, AB));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ndjson_paths *set;
    static struct ndjson *n;
    if (!n && (ndjson_paths_new(paths, ARRAY_LEN(paths), &set, NULL) || ndjson_new(set, &n)))
        abort();
    struct fuzz_input input = fuzz_input_of(data, size);
    CLEANUP(fuzz_freep) struct str text = fuzz_take_rest(&input);
    struct err err = {0};
    int rc = ndjson_pick(n, text, &err);
    if (rc)
        FUZZ_ASSERT(err.code == rc && err.column >= 1 && err.column <= text.len + 1);
    else
        check_values(n, text);

    json_error_t error;
    json_t *root = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (root) /* jansson takes a NUL byte for the end of its input */
        FUZZ_ASSERT(rc == 0 || rc == E_LIMIT || str_find_char(text, '\0') != SIZE_MAX);
    else if (rc == 0)
        FUZZ_ASSERT(jansson_is_narrower(text, &error));
    if (root && rc == 0)
        check_against(n, root);
    json_decref(root);

    size_t len;
    int cut = ndjson_measure(text, &len);
    if (cut == 0)
        FUZZ_ASSERT(len <= text.len);
    if (rc == 0 && (text.ptr[0] == '{' || text.ptr[0] == '['))
        FUZZ_ASSERT(cut == 0);
    return 0;
}
