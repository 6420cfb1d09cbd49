#include "respond/isolate_pf.h"

#include "harness/test.h"

static void add(struct isolate_address *list, uint32_t *len, const char *text)
{
    struct isolate_address a;
    assert_ok(isolate_address_parse(str_of(text), &a, NULL));
    assert_ok(isolate_policy_add(list, len, &a, NULL));
}

static void the_anchor_holds_the_exceptions_and_then_blocks_everything(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_policy p = {.uid = 497};
    add(p.lifeline, &p.lifeline_len, "192.0.2.10:8443");
    add(p.lifeline, &p.lifeline_len, "[2001:db8::10]:8443");
    add(p.allow, &p.allow_len, "192.0.2.20:22");
    assert_ok(isolate_pf_add_anchor(&text, &p));
    assert_str(
        buf_str(&text),
        "pass quick on lo0 all no state\n"
        "pass out quick inet proto tcp from any to 192.0.2.10 port 8443 user 497 flags any keep "
        "state\n"
        "pass out quick inet6 proto tcp from any to 2001:db8::10 port 8443 user 497 flags any keep "
        "state\n"
        "pass out quick inet proto tcp from any to 192.0.2.20 port 22 flags any keep state\n"
        "pass out quick inet proto udp from any port 68 to 255.255.255.255 port 67 no state\n"
        "pass in quick inet proto udp from any port 67 to any port 68 no state\n"
        "pass out quick inet6 proto udp from fe80::/10 port 546 to ff02::1:2 port 547 no state\n"
        "pass in quick inet6 proto udp from fe80::/10 port 547 to any port 546 no state\n"
        "pass out quick inet6 proto icmp6 all icmp6-type { 133, 135, 136 } no state\n"
        "pass in quick inet6 proto icmp6 all icmp6-type { 134, 135, 136 } no state\n"
        "pass out quick inet6 proto icmp6 all icmp6-type { 131, 143 } allow-opts no state\n"
        "pass in quick inet6 proto icmp6 all icmp6-type 130 allow-opts no state\n"
        "block drop quick all\n");
}

static void management_by_mdm_stays_open_for_root_only_when_asked(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_policy p = {.uid = 497, .keep_mdm = true};
    add(p.lifeline, &p.lifeline_len, "192.0.2.10:8443");
    assert_ok(isolate_pf_add_anchor(&text, &p));
    struct str rest = buf_str(&text), line;
    unsigned found = 0;
    while (str_next(&rest, '\n', &line)) {
        if (str_find(line, STR("17.0.0.0/8")) == SIZE_MAX &&
            str_find(line, STR("2620:149::/32")) == SIZE_MAX)
            continue;
        found++;
        assert_true(str_find(line, STR("user root")) != SIZE_MAX);
        assert_true(str_find(line, STR("pass out quick")) == 0);
    }
    assert_int_equal(found, 2);
    assert_true(str_ends(buf_str(&text), STR("block drop quick all\n")));
}

static void every_rule_decides_at_once(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_policy p = {.uid = 0, .keep_mdm = true};
    add(p.lifeline, &p.lifeline_len, "192.0.2.10:8443");
    assert_ok(isolate_pf_add_anchor(&text, &p));
    struct str rest = buf_str(&text), line;
    while (str_next(&rest, '\n', &line))
        assert_true(str_find(line, STR(" quick ")) != SIZE_MAX);
}

static void the_main_ruleset_calls_our_anchor_before_apples(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    assert_ok(isolate_pf_add_main(&text, true));
    size_t ours = str_find(buf_str(&text), STR("\nanchor \"cordon\"\n"));
    size_t apples = str_find(buf_str(&text), STR("\nanchor \"com.apple/*\"\n"));
    assert_true(ours != SIZE_MAX && apples != SIZE_MAX && ours < apples);
    assert_true(str_ends(buf_str(&text), STR("from \"/etc/pf.anchors/com.apple\"\n")));
}

static void the_output_of_pfctl_is_understood(void **state)
{
    (void)state;
    assert_true(isolate_pf_enabled(STR("No ALTQ support in kernel\n"
                                       "Status: Enabled for 0 days 00:01:02   Debug: Urgent\n")));
    assert_false(isolate_pf_enabled(STR("Status: Disabled for 0 days 00:01:02\n")));
    assert_false(isolate_pf_enabled(STR("")));
    assert_true(
        isolate_pf_anchor_first(STR("scrub-anchor \"com.apple/*\" all fragment reassemble\n"
                                    "anchor \"cordon\" all\nanchor \"com.apple/*\" all\n")));
    assert_false(
        isolate_pf_anchor_first(STR("anchor \"com.apple/*\" all\nanchor \"cordon\" all\n")));
    assert_false(isolate_pf_anchor_first(STR("pass quick all\nanchor \"cordon\" all\n")));
    assert_false(isolate_pf_anchor_first(STR("anchor \"cordon-check\" all\n")));
    assert_false(isolate_pf_anchor_first(STR("\n\n")));
    uint64_t token = 0;
    assert_ok(
        isolate_pf_token(STR("No ALTQ support in kernel\npf enabled\nToken : 17284567\n"), &token));
    assert_int_equal(token, 17284567);
    assert_int_equal(isolate_pf_token(STR("pf enabled\n"), &token), E_PARSE);
    assert_int_equal(isolate_pf_token(STR("Token : none\n"), &token), E_PARSE);
}

static int build(void *context)
{
    (void)context;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_policy p = {.keep_mdm = true};
    int rc = isolate_pf_add_anchor(&text, &p);
    return rc ? rc : isolate_pf_add_main(&text, true);
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    test_every_allocation_fails(build, NULL, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_anchor_holds_the_exceptions_and_then_blocks_everything),
        cmocka_unit_test(management_by_mdm_stays_open_for_root_only_when_asked),
        cmocka_unit_test(every_rule_decides_at_once),
        cmocka_unit_test(the_main_ruleset_calls_our_anchor_before_apples),
        cmocka_unit_test(the_output_of_pfctl_is_understood),
        cmocka_unit_test(memory_may_run_out_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
