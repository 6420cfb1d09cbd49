/* net/http_client against the server of net/: calls, limits, trust, proxies. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "harness/http_fixture.h"
#include "harness/pki.h"
#include "harness/proxy.h"
#include "net/http_client.h"
#include "net/tls_priv.h"

static struct pki pki;

static int make_pki(void **state)
{
    (void)state;
    pki_init(&pki);
    return 0;
}

static int free_pki(void **state)
{
    (void)state;
    pki_done(&pki);
    return 0;
}

static struct tls_context *server_tls(enum tls_client_cert client_cert)
{
    struct tls_context *tls;
    struct err err = {0};
    struct tls_server_options options = {.cert_pem = buf_str(&pki.server_cert_pem),
                                         .key_pem = buf_str(&pki.server_key_pem),
                                         .client_cert = client_cert,
                                         .client_ca_pem = buf_str(&pki.ca_pem)};
    assert_ok_err(tls_server_new(&options, &tls, &err), &err);
    return tls;
}

static void start(struct http_fixture *f, struct tls_context *tls)
{
    http_fixture_init(f, tls);
    http_fixture_start(f);
}

static struct http_client *make_client(const struct http_client_options *options)
{
    struct http_client *client;
    struct err err = {0};
    assert_ok_err(http_client_new(options, &client, &err), &err);
    return client;
}

/* GET a path of the fixture. @return what http_client_call says */
static int get(struct http_client *client, const struct http_fixture *f, const char *path,
               struct http_client_answer *answer, struct err *err)
{
    char url[256];
    (void)snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", f->options.tls ? "https" : "http",
                   http_fixture_port(f), path);
    struct http_client_request request = {.url = url};
    return http_client_call(client, &request, answer, err);
}

static void calls_with_and_without_bodies_are_answered(void **state)
{
    (void)state;
    struct http_fixture f;
    struct http_client_answer answer = {0};
    struct err err = {0};
    char url[128];
    start(&f, NULL);
    struct http_client_options options = {.proxy = ""};
    struct http_client *client = make_client(&options);
    assert_ok_err(get(client, &f, "/hello", &answer, &err), &err);
    assert_int_equal(answer.status, 200);
    assert_str(buf_str(&answer.body), "hello");
    assert_str(http_client_find(&answer, "content-TYPE"), "text/plain");
    assert_null(http_client_find(&answer, "X-None").ptr);

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", http_fixture_port(&f));
    struct http_client_header headers[] = {{"X-One", STR("1")}, {"X-Empty", STR("")}};
    struct http_client_request post = {.method = "POST",
                                       .url = url,
                                       .headers = headers,
                                       .header_count = 2,
                                       .content_type = "text/plain",
                                       .body = STR("ping")};
    for (int i = 0; i < 3; i++) {
        assert_ok_err(http_client_call(client, &post, &answer, &err), &err);
        assert_str(buf_str(&answer.body), "ping");
    }
    post.body = (struct str){0};
    assert_ok_err(http_client_call(client, &post, &answer, &err), &err);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.len, 0);

    struct http_client_request head = {.method = "HEAD", .url = url};
    assert_ok_err(http_client_call(client, &head, &answer, &err), &err);
    assert_int_equal(answer.status, 200);
    struct http_client_request delete = {.method = "DELETE", .url = url};
    assert_ok_err(http_client_call(client, &delete, &answer, &err), &err);
    assert_int_equal(answer.status, 405);
    assert_true(str_find(buf_str(&answer.body), STR("E_UNSUPPORTED")) != SIZE_MAX);
    assert_ok_err(get(client, &f, "/chunks?n=3", &answer, &err), &err);
    assert_str(buf_str(&answer.body), "piece piece piece ");
    http_client_answer_done(&answer);
    http_client_free(client);
    http_fixture_stop(&f);
}

static size_t read_zeros(char *ptr, size_t cap, void *arg)
{
    size_t *left = arg;
    size_t n = *left < cap ? *left : cap;
    memset(ptr, 0, n);
    *left -= n;
    return n;
}

static size_t read_nothing(char *ptr, size_t cap, void *arg)
{
    (void)ptr;
    (void)cap;
    (void)arg;
    return SIZE_MAX;
}

static int count_bytes(struct str bytes, void *arg)
{
    *(size_t *)arg += bytes.len;
    return 0;
}

static int write_nothing(struct str bytes, void *arg)
{
    (void)bytes;
    (void)arg;
    return E_FULL;
}

static void bodies_may_be_streamed_both_ways(void **state)
{
    (void)state;
    struct http_fixture f;
    struct http_client_answer answer = {0};
    struct err err = {0};
    char url[128];
    size_t left = 5000000;
    size_t got = 0;
    start(&f, NULL);
    struct http_client_options options = {.proxy = ""};
    struct http_client *client = make_client(&options);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/count", http_fixture_port(&f));
    struct http_client_request up = {
        .method = "POST", .url = url, .read = read_zeros, .read_arg = &left, .read_bytes = left};
    assert_ok_err(http_client_call(client, &up, &answer, &err), &err);
    assert_str(buf_str(&answer.body), "5000000");
    up.read = read_nothing;
    up.read_bytes = 10;
    assert_int_equal(http_client_call(client, &up, &answer, &err), E_IO);

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/flood", http_fixture_port(&f));
    struct http_client_request down = {.url = url, .write = count_bytes, .write_arg = &got};
    assert_ok_err(http_client_call(client, &down, &answer, &err), &err);
    assert_int_equal(got, 64 * 1024 * 1024);
    assert_int_equal(answer.body.len, 0);
    down.write = write_nothing;
    assert_int_equal(http_client_call(client, &down, &answer, &err), E_FULL);

    /* An error's body is not what was asked for: it is collected instead. */
    got = 0;
    down.write = count_bytes;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/nowhere", http_fixture_port(&f));
    assert_ok_err(http_client_call(client, &down, &answer, &err), &err);
    assert_int_equal(answer.status, 404);
    assert_int_equal(got, 0);
    assert_true(answer.body.len > 0);
    http_client_answer_done(&answer);
    http_client_free(client);
    http_fixture_stop(&f);
}

static void what_goes_wrong_has_its_code_and_names_the_url(void **state)
{
    (void)state;
    struct http_fixture f;
    struct http_client_answer answer = {0};
    struct err err = {0};
    char url[128];
    start(&f, NULL);
    struct http_client_options options = {.proxy = ""};
    struct http_client *client = make_client(&options);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/park", http_fixture_port(&f));
    struct http_client_request slow = {.url = url, .timeout_ms = 100};
    assert_int_equal(http_client_call(client, &slow, &answer, &err), E_TIMEOUT);
    assert_true(str_starts(str_of(err.message), str_of(url)));

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/big?n=1000", http_fixture_port(&f));
    struct http_client_request big = {.url = url, .answer_bytes_max = 999};
    assert_int_equal(http_client_call(client, &big, &answer, &err), E_LIMIT);
    big.answer_bytes_max = 1000;
    assert_ok_err(http_client_call(client, &big, &answer, &err), &err);

    struct http_client_request nobody = {.url = "http://127.0.0.1:1/"};
    assert_int_equal(http_client_call(client, &nobody, &answer, &err), E_CONNECT);
    static const char *const bad[] = {"", "no url", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/",
                                      "file:///etc/passwd"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http_client_request request = {.url = bad[i]};
        assert_int_equal(http_client_call(client, &request, &answer, &err), E_ARG);
    }
    struct http_client_header split[] = {{"X", STR("a\r\nY: b")}};
    struct http_client_request header = {.url = url, .headers = split, .header_count = 1};
    assert_int_equal(http_client_call(client, &header, &answer, &err), E_ARG);
    http_client_answer_done(&answer);
    http_client_free(client);
    http_fixture_stop(&f);
}

static void a_kept_connection_that_died_is_made_anew(void **state)
{
    (void)state;
    struct http_fixture f;
    struct http_client_answer answer = {0};
    struct err err = {0};
    char url[128];
    http_fixture_init(&f, NULL);
    f.options.idle_timeout_ms = 30;
    http_fixture_start(&f);
    struct http_client_options options = {.proxy = ""};
    struct http_client *client = make_client(&options);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", http_fixture_port(&f));
    struct http_client_request post = {.method = "POST", .url = url, .body = STR("again")};
    for (int i = 0; i < 5; i++) {
        assert_ok_err(http_client_call(client, &post, &answer, &err), &err);
        assert_str(buf_str(&answer.body), "again");
        struct timespec pause = {.tv_nsec = 60000000};
        (void)nanosleep(&pause, NULL);
    }
    http_client_answer_done(&answer);
    http_client_free(client);
    http_fixture_stop(&f);
}

/* What calling the TLS fixture with this trust gives. */
static int call_with(const struct http_fixture *f, const struct tls_client_options *tls,
                     struct buf *ret_body)
{
    struct http_client_answer answer = {0};
    struct err err = {0};
    struct http_client_options options = {.proxy = "", .tls = tls};
    struct http_client *client = make_client(&options);
    int rc = get(client, f, "/who", &answer, &err);
    if (rc == 0)
        buf_add_str(ret_body, buf_str(&answer.body));
    http_client_answer_done(&answer);
    http_client_free(client);
    return rc;
}

static void the_server_is_trusted_by_authority_or_fingerprint_only(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = server_tls(TLS_CLIENT_CERT_NONE);
    struct pki foreign;
    CLEANUP(buf_done) struct buf body = {0};
    pki_init(&foreign);
    start(&f, tls);

    struct tls_client_options by_ca = {.ca_pem = buf_str(&pki.ca_pem)};
    assert_ok(call_with(&f, &by_ca, &body));
    assert_str(buf_str(&body), "nobody at 127.0.0.1");
    by_ca.ca_pem = buf_str(&foreign.ca_pem);
    assert_int_equal(call_with(&f, &by_ca, &body), E_CRYPTO);
    assert_int_equal(call_with(&f, NULL, &body), E_CRYPTO); /* no public authority knows it */

    struct tls_client_options by_print = {.ca_fingerprint = pki.ca_fingerprint};
    assert_ok(call_with(&f, &by_print, &body));
    by_print.ca_fingerprint = foreign.ca_fingerprint;
    assert_int_equal(call_with(&f, &by_print, &body), E_CRYPTO);
    /* The authority's text does not help a fingerprint that does not match. */
    by_print.ca_pem = buf_str(&pki.ca_pem);
    assert_int_equal(call_with(&f, &by_print, &body), E_CRYPTO);

    struct x509_cert *leaf;
    char hex[HASH_HEX_BYTES];
    unsigned char fingerprint[TLS_FINGERPRINT_BYTES];
    size_t len;
    struct err err = {0};
    assert_ok_err(x509_from_pem(buf_str(&pki.server_cert_pem), &leaf, &err), &err);
    assert_ok(x509_fingerprint(leaf, hex));
    assert_ok(text_hex_decode(str_of(hex), fingerprint, sizeof fingerprint, &len));
    x509_free(leaf);
    by_print.ca_fingerprint = fingerprint;
    assert_ok(call_with(&f, &by_print, &body));

    pki_done(&foreign);
    http_fixture_stop(&f);
    tls_free(tls);
}

/* A device's clock may be a year off, and it must be reached all the same. */
static void a_client_that_does_not_judge_dates_still_judges_the_authority(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls;
    struct pki foreign;
    struct pki_identity old;
    struct err err = {0};
    CLEANUP(buf_done) struct buf body = {0};
    pki_init(&foreign);
    pki_issue_server(&pki, 400, &old); /* it ended 310 days ago */
    struct tls_server_options server = {.cert_pem = buf_str(&old.cert_pem),
                                        .key_pem = buf_str(&old.key_pem)};
    assert_ok_err(tls_server_new(&server, &tls, &err), &err);
    start(&f, tls);
    struct tls_client_options client = {.ca_pem = buf_str(&pki.ca_pem)};
    assert_int_equal(call_with(&f, &client, &body), E_CRYPTO);
    client.any_time = true;
    assert_ok(call_with(&f, &client, &body));
    client.ca_pem = buf_str(&foreign.ca_pem);
    assert_int_equal(call_with(&f, &client, &body), E_CRYPTO);
    http_fixture_stop(&f);
    tls_free(tls);
    pki_identity_done(&old);
    pki_done(&foreign);
}

static void a_server_under_another_name_is_refused(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = server_tls(TLS_CLIENT_CERT_NONE);
    struct http_client_answer answer = {0};
    struct err err = {0};
    char url[128];
    http_fixture_init(&f, tls);
    f.options.address = "127.0.0.2"; /* not in the certificate */
    http_fixture_start(&f);
    (void)snprintf(url, sizeof url, "https://127.0.0.2:%u/hello", http_fixture_port(&f));
    struct tls_client_options trusts[] = {{.ca_pem = buf_str(&pki.ca_pem)},
                                          {.ca_fingerprint = pki.ca_fingerprint}};
    for (size_t i = 0; i < ARRAY_LEN(trusts); i++) {
        struct http_client_options options = {.proxy = "", .tls = &trusts[i]};
        struct http_client *client = make_client(&options);
        struct http_client_request request = {.url = url};
        assert_int_equal(http_client_call(client, &request, &answer, &err), E_CRYPTO);
        http_client_free(client);
    }
    http_fixture_stop(&f);
    tls_free(tls);
}

static void a_client_shows_its_certificate_and_resumes_its_session(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = server_tls(TLS_CLIENT_CERT_REQUIRED);
    struct pki_identity device;
    CLEANUP(buf_done) struct buf body = {0};
    struct http_client_answer answer = {0};
    struct err err = {0};
    pki_issue_device(&pki, "device-5", 0, 30, &device);
    http_fixture_init(&f, tls);
    f.options.idle_timeout_ms = 30;
    http_fixture_start(&f);
    struct tls_client_options own = {.ca_pem = buf_str(&pki.ca_pem),
                                     .cert_pem = buf_str(&device.cert_pem),
                                     .key_pem = buf_str(&device.key_pem)};
    struct http_client_options options = {.proxy = "", .tls = &own};
    struct http_client *client = make_client(&options);
    for (int i = 0; i < 3; i++) {
        assert_ok_err(get(client, &f, "/who", &answer, &err), &err);
        assert_true(str_starts(buf_str(&answer.body), STR("device-5 ")));
        struct timespec pause = {.tv_nsec = 80000000}; /* the server closes meanwhile */
        (void)nanosleep(&pause, NULL);
    }
    http_client_answer_done(&answer);
    http_client_free(client);
    struct tls_client_options nobody = {.ca_pem = buf_str(&pki.ca_pem)};
    assert_int_not_equal(call_with(&f, &nobody, &body), 0);
    http_fixture_stop(&f);
    assert_int_equal(SSL_CTX_sess_hits(tls->ssl_ctx), 2);
    tls_free(tls);
    pki_identity_done(&device);
}

static void a_proxy_is_used_when_told_to(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = server_tls(TLS_CLIENT_CERT_NONE);
    struct proxy proxy;
    struct http_client_answer answer = {0};
    struct err err = {0};
    char address[64];
    start(&f, tls);
    proxy_start(&proxy, (struct str){0});
    (void)snprintf(address, sizeof address, "http://127.0.0.1:%u", proxy.port);
    struct tls_client_options trust = {.ca_pem = buf_str(&pki.ca_pem)};
    struct http_client_options options = {.proxy = address, .tls = &trust};
    struct http_client *client = make_client(&options);
    assert_ok_err(get(client, &f, "/hello", &answer, &err), &err);
    assert_str(buf_str(&answer.body), "hello");
    assert_int_equal(atomic_load(&proxy.connects), 1);
    http_client_free(client);
    /* Also one of the environment, unless switched off. */
    assert_int_equal(setenv("https_proxy", address, 1), 0);
    options.proxy = NULL;
    client = make_client(&options);
    assert_ok_err(get(client, &f, "/hello", &answer, &err), &err);
    assert_int_equal(atomic_load(&proxy.connects), 2);
    http_client_free(client);
    options.proxy = "";
    client = make_client(&options);
    assert_ok_err(get(client, &f, "/hello", &answer, &err), &err);
    assert_int_equal(atomic_load(&proxy.connects), 2);
    http_client_free(client);
    assert_int_equal(unsetenv("https_proxy"), 0);
    http_client_answer_done(&answer);
    http_fixture_stop(&f);
    proxy_stop(&proxy);
    tls_free(tls);
}

static void bad_texts_are_told_when_the_client_is_made(void **state)
{
    (void)state;
    struct http_client *client;
    struct err err = {0};
    struct tls_client_options tls = {.ca_pem = STR("nonsense")};
    struct http_client_options options = {.tls = &tls};
    assert_int_equal(http_client_new(&options, &client, &err), E_PARSE);
    assert_true(str_starts(str_of(err.message), STR("authority: ")));
}

struct target {
    const struct http_fixture *f;
    struct tls_client_options tls;
};

static int call_once(void *context)
{
    struct target *target = context;
    struct http_client_answer answer CLEANUP(http_client_answer_done) = {0};
    struct http_client *client CLEANUP(http_client_freep) = NULL;
    struct http_client_options options = {.proxy = "", .tls = &target->tls};
    int rc = http_client_new(&options, &client, NULL);
    return rc ? rc : get(client, target->f, "/hello", &answer, NULL);
}

static void running_out_of_memory_is_reported(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = server_tls(TLS_CLIENT_CERT_NONE);
    start(&f, tls);
    struct target target = {&f, {.ca_pem = buf_str(&pki.ca_pem)}};
    test_every_allocation_fails(call_once, &target, 100);
    http_fixture_stop(&f);
    tls_free(tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_with_and_without_bodies_are_answered),
        cmocka_unit_test(bodies_may_be_streamed_both_ways),
        cmocka_unit_test(what_goes_wrong_has_its_code_and_names_the_url),
        cmocka_unit_test(a_kept_connection_that_died_is_made_anew),
        cmocka_unit_test(the_server_is_trusted_by_authority_or_fingerprint_only),
        cmocka_unit_test(a_client_that_does_not_judge_dates_still_judges_the_authority),
        cmocka_unit_test(a_server_under_another_name_is_refused),
        cmocka_unit_test(a_client_shows_its_certificate_and_resumes_its_session),
        cmocka_unit_test(a_proxy_is_used_when_told_to),
        cmocka_unit_test(bad_texts_are_told_when_the_client_is_made),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, make_pki, free_pki);
}
