/* codec/plist: both forms as another implementation writes them, every refusal, every limit. */
#include "harness/test.h"

#include <math.h>

#include "codec/plist.h"
#include "codec/plist_out.h"

static const struct plist_limits limits = {.bytes = 65536, .text = 4096, .nodes = 200, .depth = 8};

/* Written by Python's plistlib: every type, shared strings, a character beyond UTF-16's plane. */
static const unsigned char everything[] = {
    0x62, 0x70, 0x6c, 0x69, 0x73, 0x74, 0x30, 0x30, 0xde, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
    0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
    0x18, 0x19, 0x1d, 0x1e, 0x1f, 0x51, 0x73, 0x51, 0x75, 0x51, 0x69, 0x53, 0x6e, 0x65, 0x67, 0x53,
    0x62, 0x69, 0x67, 0x51, 0x72, 0x51, 0x74, 0x51, 0x66, 0x51, 0x64, 0x54, 0x77, 0x68, 0x65, 0x6e,
    0x51, 0x61, 0x51, 0x65, 0x53, 0x75, 0x69, 0x64, 0x5f, 0x10, 0x0f, 0x57, 0x69, 0x6e, 0x64, 0x6f,
    0x77, 0x20, 0x53, 0x65, 0x74, 0x74, 0x69, 0x6e, 0x67, 0x73, 0x54, 0x74, 0x65, 0x78, 0x74, 0x64,
    0x00, 0x7a, 0x00, 0xfc, 0xd8, 0x3d, 0xde, 0x00, 0x10, 0x07, 0x13, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xfb, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x05, 0x23, 0x3f, 0xf8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x08, 0x42,
    0x00, 0xff, 0x33, 0x41, 0xc8, 0x5a, 0x9f, 0x8d, 0x00, 0x00, 0x00, 0xa3, 0x1a, 0x1b, 0x1c, 0x10,
    0x01, 0x51, 0x78, 0xa0, 0xd0, 0x80, 0x09, 0xd1, 0x20, 0x21, 0x55, 0x42, 0x61, 0x73, 0x69, 0x63,
    0xd1, 0x22, 0x23, 0x5d, 0x43, 0x6f, 0x6d, 0x6d, 0x61, 0x6e, 0x64, 0x53, 0x74, 0x72, 0x69, 0x6e,
    0x67, 0x59, 0x2f, 0x62, 0x69, 0x6e, 0x2f, 0x65, 0x76, 0x69, 0x6c, 0x08, 0x25, 0x27, 0x29, 0x2b,
    0x2f, 0x33, 0x35, 0x37, 0x39, 0x3b, 0x40, 0x42, 0x44, 0x48, 0x5a, 0x5f, 0x68, 0x6a, 0x73, 0x84,
    0x8d, 0x8e, 0x8f, 0x92, 0x9b, 0x9f, 0xa1, 0xa3, 0xa4, 0xa5, 0xa7, 0xaa, 0xb0, 0xb3, 0xc1, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xcb,
};

static const char everything_xml[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                     "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                                     "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                                     "<plist version=\"1.0\">\n"
                                     "<dict>\n"
                                     "\t<key>s</key>\n"
                                     "\t<string>text</string>\n"
                                     "\t<key>u</key>\n"
                                     "\t<string>zü😀</string>\n"
                                     "\t<key>i</key>\n"
                                     "\t<integer>7</integer>\n"
                                     "\t<key>neg</key>\n"
                                     "\t<integer>-5</integer>\n"
                                     "\t<key>big</key>\n"
                                     "\t<integer>9223372036854775813</integer>\n"
                                     "\t<key>r</key>\n"
                                     "\t<real>1.5</real>\n"
                                     "\t<key>t</key>\n"
                                     "\t<true/>\n"
                                     "\t<key>f</key>\n"
                                     "\t<false/>\n"
                                     "\t<key>d</key>\n"
                                     "\t<data>\n"
                                     "\tAP8=\n"
                                     "\t</data>\n"
                                     "\t<key>when</key>\n"
                                     "\t<date>2026-11-24T03:42:18Z</date>\n"
                                     "\t<key>a</key>\n"
                                     "\t<array>\n"
                                     "\t\t<integer>1</integer>\n"
                                     "\t\t<string>x</string>\n"
                                     "\t\t<array/>\n"
                                     "\t</array>\n"
                                     "\t<key>e</key>\n"
                                     "\t<dict/>\n"
                                     "\t<key>Window Settings</key>\n"
                                     "\t<dict>\n"
                                     "\t\t<key>Basic</key>\n"
                                     "\t\t<dict>\n"
                                     "\t\t\t<key>CommandString</key>\n"
                                     "\t\t\t<string>/bin/evil</string>\n"
                                     "\t\t</dict>\n"
                                     "\t</dict>\n"
                                     "</dict>\n"
                                     "</plist>\n";

struct reading {
    struct arena arena;
    struct err err;
    const struct plist_value *root;
    int rc;
};

static void reading_done(struct reading *r)
{
    arena_done(&r->arena);
}

static void parse(struct reading *r, struct str bytes)
{
    *r = (struct reading){0};
    r->rc = plist_parse(bytes, &limits, &r->arena, &r->root, &r->err);
}

static const struct plist_value *at(const struct plist_value *v, const char *key)
{
    const struct plist_value *found = plist_find(v, str_of(key));
    if (!found)
        fail_msg("no key '%s'", key);
    return found;
}

static void check_everything(const struct plist_value *d, bool is_binary)
{
    assert_int_equal(d->type, PLIST_DICT);
    assert_int_equal(d->len, is_binary ? 14 : 13);
    assert_str(at(d, "s")->s, "text");
    assert_str(at(d, "u")->s, "z\xc3\xbc\xf0\x9f\x98\x80");
    assert_int_equal(at(d, "i")->i, 7);
    assert_int_equal(at(d, "neg")->i, -5);
    assert_true(at(d, "big")->type == PLIST_INT && at(d, "big")->i == INT64_MAX);
    assert_true(at(d, "r")->type == PLIST_REAL && at(d, "r")->r == 1.5);
    assert_true(at(d, "t")->type == PLIST_BOOL && at(d, "t")->b);
    assert_true(at(d, "f")->type == PLIST_BOOL && !at(d, "f")->b);
    assert_true(at(d, "d")->type == PLIST_DATA && str_eq(at(d, "d")->s, str_n("\0\xff", 2)));
    assert_true(at(d, "when")->type == PLIST_DATE &&
                at(d, "when")->i == INT64_C(1795491738) * 1000000000);
    const struct plist_value *list = at(d, "a");
    assert_true(list->type == PLIST_ARRAY && list->len == 3 && list->items[0].i == 1);
    assert_str(list->items[1].s, "x");
    assert_true(list->items[2].type == PLIST_ARRAY && list->items[2].len == 0);
    assert_true(at(d, "e")->type == PLIST_DICT && at(d, "e")->len == 0);
    assert_str(at(at(at(d, "Window Settings"), "Basic"), "CommandString")->s, "/bin/evil");
    if (is_binary)
        assert_true(at(d, "uid")->type == PLIST_UID && at(d, "uid")->i == 9);
    assert_null(plist_find(d, STR("none")));
    assert_null(plist_find(list, STR("s")));
}

static void both_forms_give_every_type(void **state)
{
    (void)state;
    struct reading r;
    parse(&r, str_n((const char *)everything, sizeof everything));
    assert_ok_err(r.rc, &r.err);
    check_everything(r.root, true);
    reading_done(&r);
    parse(&r, STR(everything_xml));
    assert_ok_err(r.rc, &r.err);
    check_everything(r.root, false);
    reading_done(&r);
}

/* Each prefix of both is refused or, where only blanks were cut, the same. */
static void no_cut_off_list_is_taken_for_a_whole_one(void **state)
{
    (void)state;
    struct reading r;
    for (size_t len = 0; len < sizeof everything; len++) {
        parse(&r, str_n((const char *)everything, len));
        assert_int_equal(r.rc, E_PARSE);
        reading_done(&r);
    }
    size_t end = sizeof everything_xml - strlen("\n") - 1;
    for (size_t len = 0; len < end; len++) {
        parse(&r, str_n(everything_xml, len));
        assert_int_equal(r.rc, E_PARSE);
        assert_true(r.err.message[0] && r.err.line);
        reading_done(&r);
    }
}

static void the_writer_is_read_back(void **state)
{
    (void)state;
    struct buf b = {0};
    struct plist_out p = {.out = &b};
    plist_begin(&p);
    plist_dict_begin(&p);
    plist_kv_str(&p, "a&<b>", STR("\"x\" & <y>\n"));
    plist_kv_int(&p, "least", INT64_MIN);
    plist_kv_bool(&p, "yes", true);
    plist_dict_end(&p);
    assert_ok(plist_end(&p));
    struct reading r;
    parse(&r, buf_str(&b));
    assert_ok_err(r.rc, &r.err);
    assert_str(at(r.root, "a&<b>")->s, "\"x\" & <y>\n");
    assert_true(at(r.root, "least")->i == INT64_MIN && at(r.root, "yes")->b);
    reading_done(&r);
    buf_done(&b);
}

static void texts_are_what_xml_says(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        const char *want;
    } cases[] = {
        {"<string>a&amp;&#65;&#x42;&lt;</string>", "a&AB<"},
        {"<string>a<![CDATA[<&>]]>b<!-- c -->d</string>", "a<&>bd"},
        {"<plist version=\"1.0\"><string/></plist>", ""},
        {"\xef\xbb\xbf<?xml version=\"1.0\"?><!DOCTYPE plist><string> x </string>", " x "}};
    struct reading r;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        parse(&r, str_of(cases[i].xml));
        assert_ok_err(r.rc, &r.err);
        assert_str(r.root->s, cases[i].want);
        reading_done(&r);
    }
    parse(&r, STR("<array><integer>0xFF</integer><integer> -99999999999999999999 </integer>"
                  "<real>nan</real><date>2026-11-24T03:42:18Z</date></array>"));
    assert_ok_err(r.rc, &r.err);
    assert_int_equal(r.root->items[0].i, 255);
    assert_true(r.root->items[1].i == INT64_MIN && isnan(r.root->items[2].r));
    reading_done(&r);
}

static void what_is_no_list_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "{ a = b; }",
                                        "<plist>",
                                        "<plist></plist>",
                                        "<plist><true/><true/></plist>",
                                        "<true/>x",
                                        "<true>x</true>",
                                        "<integer></integer>",
                                        "<integer>1x</integer>",
                                        "<integer>-</integer>",
                                        "<real>1.5y</real>",
                                        "<real></real>",
                                        "<date>soon</date>",
                                        "<data>!</data>",
                                        "<string>a<b/></string>",
                                        "<string>&nbsp;</string>",
                                        "<string>&#xD800;</string>",
                                        "<string>&#0;</string>",
                                        "<string>&lt</string>",
                                        "<string>\xff</string>",
                                        "<dict><string/></dict>",
                                        "<dict><key>a</key></dict>",
                                        "<array></dict>",
                                        "<foo/>",
                                        "</array>",
                                        "<>",
                                        "<!-- ",
                                        "<?xml ",
                                        "<!DOCTYPE plist [<!ENTITY a \"b\">]><string>&a;</string>",
                                        "<string><![CDATA[a</string>",
                                        "bplist00",
                                        "bplist99xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct reading r;
        parse(&r, str_of(cases[i]));
        if (r.rc != E_PARSE || !r.err.message[0])
            fail_msg("'%s': %d %s", cases[i], r.rc, r.err.message);
        reading_done(&r);
    }
}

/* A binary list of objects at most 255 bytes from the front. */
static void binary_of(struct buf *b, const char *const *objects, const size_t *lens, size_t len)
{
    unsigned char offsets[16];
    buf_add_cstr(b, "bplist00");
    for (size_t i = 0; i < len; i++) {
        offsets[i] = (unsigned char)b->len;
        buf_add(b, objects[i], lens[i]);
    }
    uint64_t table = b->len;
    buf_add(b, offsets, len);
    buf_add(b, "\0\0\0\0\0\0\1\1", 8);
    buf_add_u64(b, len);
    buf_add_u64(b, 0);
    buf_add_u64(b, table);
}

static void one_object(struct reading *r, const char *object, size_t len)
{
    struct buf b = {0};
    binary_of(&b, &object, &len, 1);
    parse(r, buf_str(&b));
    buf_done(&b);
}

static void odd_objects_are_read_or_refused(void **state)
{
    (void)state;
    struct reading r;
    one_object(&r, "\x14\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0", 17);
    assert_true(r.rc == 0 && r.root->i == INT64_MAX);
    reading_done(&r);
    one_object(&r, "\x62\xd8\0\0\x41", 5); /* half of a pair */
    assert_ok_err(r.rc, &r.err);
    assert_str(r.root->s, "\xef\xbf\xbd\x41");
    reading_done(&r);
    one_object(&r, "\x33\x7f\xf8\0\0\0\0\0\0", 9);
    assert_true(r.rc == 0 && r.root->type == PLIST_DATE && r.root->i == 0);
    reading_done(&r);
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {{"\0", 1},
               {"\x15\0", 2},
               {"\x21\0\0", 3},
               {"\x88", 1},
               {"\xb1", 1},
               {"\x5f\x51", 2},
               {"\x5b\x61\x62\x63", 4},
               {"\x73\xff\xfe\x61", 4},
               {"\x5f\x13\xff\xff\xff\xff\xff\xff\xff\xff", 10},
               {"\xa1\x09", 2},
               {"\xd1\0\0", 3}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        one_object(&r, bad[i].bytes, bad[i].len);
        if (r.rc != E_PARSE)
            fail_msg("object %zu: %d %s", i, r.rc, r.err.message);
        reading_done(&r);
    }
}

/* Few bytes that mean very much: a circle, and lists of which each holds the next ten times. */
static void shared_objects_end_at_the_limits(void **state)
{
    (void)state;
    struct reading r;
    one_object(&r, "\xa1\0", 2);
    assert_int_equal(r.rc, E_LIMIT);
    reading_done(&r);
    static char lists[8][11];
    const char *objects[9];
    size_t lens[9];
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        lists[i][0] = '\xaa';
        memset(lists[i] + 1, (int)i + 1, 10);
        objects[i] = lists[i];
        lens[i] = sizeof lists[i];
    }
    objects[8] = "\x51x";
    lens[8] = 2;
    struct buf b = {0};
    binary_of(&b, objects, lens, ARRAY_LEN(objects));
    parse(&r, buf_str(&b));
    assert_int_equal(r.rc, E_LIMIT);
    assert_true(r.arena.used_bytes < limits.nodes * sizeof(struct plist_value) + 1024);
    reading_done(&r);
    buf_done(&b);
}

static void every_limit_holds(void **state)
{
    (void)state;
    struct reading r;
    struct buf b = {0};
    for (unsigned i = 0; i < 9; i++)
        buf_add_cstr(&b, "<array>");
    parse(&r, buf_str(&b));
    assert_int_equal(r.rc, E_LIMIT);
    reading_done(&r);
    buf_clear(&b);
    buf_add_cstr(&b, "<array>");
    for (unsigned i = 0; i < 200; i++)
        buf_add_cstr(&b, "<true/>");
    parse(&r, buf_str(&b));
    assert_int_equal(r.rc, E_LIMIT);
    reading_done(&r);
    buf_clear(&b);
    buf_add_cstr(&b, "<string>");
    for (unsigned i = 0; i < 4097; i++)
        buf_add_char(&b, 'x');
    buf_add_cstr(&b, "</string>");
    parse(&r, buf_str(&b));
    assert_int_equal(r.rc, E_LIMIT);
    reading_done(&r);
    while (b.len <= limits.bytes)
        buf_add_cstr(&b, "          ");
    parse(&r, buf_str(&b));
    assert_int_equal(r.rc, E_LIMIT);
    reading_done(&r);
    buf_done(&b);
}

static int parse_both(void *context)
{
    (void)context;
    struct reading r;
    parse(&r, str_n((const char *)everything, sizeof everything));
    int rc = r.rc;
    reading_done(&r);
    if (rc)
        return rc;
    parse(&r, STR(everything_xml));
    rc = r.rc;
    reading_done(&r);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_both, NULL, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_give_every_type),
        cmocka_unit_test(no_cut_off_list_is_taken_for_a_whole_one),
        cmocka_unit_test(the_writer_is_read_back),
        cmocka_unit_test(texts_are_what_xml_says),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(odd_objects_are_read_or_refused),
        cmocka_unit_test(shared_objects_end_at_the_limits),
        cmocka_unit_test(every_limit_holds),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("codec/plist", tests, NULL, NULL);
}
