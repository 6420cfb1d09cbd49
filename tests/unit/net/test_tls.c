/* net/tls and conn_tls: who gets in with which certificate, what the server learns of it,
 * resumption and reload. */
#include "harness/test.h"

#include <openssl/ssl.h>

#include "harness/http_fixture.h"
#include "harness/pki.h"

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

static struct tls_server_options server_options(enum tls_client_cert client_cert)
{
    return (struct tls_server_options){.cert_pem = buf_str(&pki.server_cert_pem),
                                       .key_pem = buf_str(&pki.server_key_pem),
                                       .client_cert = client_cert,
                                       .client_ca_pem = buf_str(&pki.ca_pem)};
}

static struct tls_context *start(struct http_fixture *f, enum tls_client_cert client_cert)
{
    struct tls_context *tls;
    struct err err = {0};
    struct tls_server_options options = server_options(client_cert);
    assert_ok_err(tls_server_new(&options, &tls, &err), &err);
    http_fixture_init(f, tls);
    http_fixture_start(f);
    return tls;
}

static void stop(struct http_fixture *f, struct tls_context *tls)
{
    http_fixture_stop(f);
    tls_free(tls);
}

/* Connect with this identity (or none) and ask who we are. @return status, 0 when not let in */
static int ask_who(struct http_fixture *f, struct rawpeer *p, const struct pki_identity *identity)
{
    struct rawpeer_tls tls = {.ca_pem = buf_str(&pki.ca_pem)};
    if (identity) {
        tls.cert_pem = buf_str(&identity->cert_pem);
        tls.key_pem = buf_str(&identity->key_pem);
    }
    rawpeer_connect(p, http_fixture_port(f));
    /* In TLS 1.3 the client learns only by reading whether its certificate was accepted. */
    if (!rawpeer_start_tls(p, &tls) ||
        !rawpeer_send(p, STR("GET /who HTTP/1.1\r\nHost: a\r\n\r\n")))
        return 0;
    return rawpeer_answer(p, false);
}

static void a_device_is_known_by_its_certificate(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_REQUIRED);
    struct pki_identity device;
    pki_issue_device(&pki, "device-17", 0, 30, &device);
    struct rawpeer p;
    assert_int_equal(ask_who(&f, &p, &device), 200);
    assert_true(str_starts(p.body, STR("device-17 ")));
    assert_true(str_find(p.body, str_of(device.fingerprint_hex)) != SIZE_MAX);
    for (int i = 0; i < 100; i++) {
        rawpeer_say(&p, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd");
        assert_int_equal(rawpeer_answer(&p, false), 200);
    }
    rawpeer_close(&p);
    pki_identity_done(&device);
    stop(&f, tls);
}

static void certificates_that_do_not_count_are_refused(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_REQUIRED);
    struct pki foreign;
    struct pki_identity identity;
    struct rawpeer p;
    pki_init(&foreign);

    assert_int_equal(ask_who(&f, &p, NULL), 0);
    rawpeer_close(&p);

    pki_issue_device(&pki, "expired", 40, 30, &identity);
    assert_int_equal(ask_who(&f, &p, &identity), 0);
    rawpeer_close(&p);
    pki_identity_done(&identity);

    pki_issue_device(&pki, "not yet", -10, 30, &identity);
    assert_int_equal(ask_who(&f, &p, &identity), 0);
    rawpeer_close(&p);
    pki_identity_done(&identity);

    pki_issue_device(&foreign, "foreign", 0, 30, &identity);
    assert_int_equal(ask_who(&f, &p, &identity), 0);
    rawpeer_close(&p);
    pki_identity_done(&identity);

    pki_issue_server(&pki, 0, &identity); /* right authority, wrong purpose */
    assert_int_equal(ask_who(&f, &p, &identity), 0);
    rawpeer_close(&p);
    pki_identity_done(&identity);

    pki_done(&foreign);
    stop(&f, tls);
    assert_int_equal(atomic_load(&f.done), 0);
}

static void an_optional_certificate_may_be_absent_but_not_bad(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_OPTIONAL);
    struct pki_identity identity;
    struct rawpeer p;
    assert_int_equal(ask_who(&f, &p, NULL), 200);
    assert_str(p.body, "nobody at 127.0.0.1");
    rawpeer_close(&p);
    pki_issue_device(&pki, "device-1", 0, 30, &identity);
    assert_int_equal(ask_who(&f, &p, &identity), 200);
    assert_true(str_starts(p.body, STR("device-1 ")));
    rawpeer_close(&p);
    pki_identity_done(&identity);
    pki_issue_device(&pki, "expired", 40, 30, &identity);
    assert_int_equal(ask_who(&f, &p, &identity), 0);
    rawpeer_close(&p);
    pki_identity_done(&identity);
    stop(&f, tls);
}

static void nothing_older_than_tls_1_3_is_spoken(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_NONE);
    struct rawpeer p;
    struct rawpeer_tls old = {.ca_pem = buf_str(&pki.ca_pem), .max_version = TLS1_2_VERSION};
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_false(rawpeer_start_tls(&p, &old));
    rawpeer_close(&p);
    stop(&f, tls);
}

static void plain_http_on_a_tls_port_is_closed(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_NONE);
    struct rawpeer p;
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_read(&p) && p.in.len > 0 && p.in.ptr[0] == 'H', 0);
    rawpeer_close(&p);
    stop(&f, tls);
    assert_int_equal(atomic_load(&f.done), 0);
}

static void a_handshake_that_stops_is_cut_off(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls;
    struct tls_server_options options = server_options(TLS_CLIENT_CERT_NONE);
    assert_ok(tls_server_new(&options, &tls, NULL));
    http_fixture_init(&f, tls);
    f.options.head_timeout_ms = 100;
    http_fixture_start(&f);
    struct rawpeer p;
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_send(&p, str_n("\x16\x03\x01\x02\x00", 5)));
    assert_true(rawpeer_at_end(&p));
    rawpeer_close(&p);
    stop(&f, tls);
}

static void alpn_chooses_http_1_1_and_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_NONE);
    struct rawpeer p;
    struct rawpeer_tls offer = {.ca_pem = buf_str(&pki.ca_pem), .alpn = "http/1.1"};
    const unsigned char *chosen = NULL;
    unsigned len = 0;
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_start_tls(&p, &offer));
    SSL_get0_alpn_selected(p.ssl, &chosen, &len);
    assert_str(str_n((const char *)chosen, len), "http/1.1");
    rawpeer_close(&p);
    offer.alpn = "h2";
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_false(rawpeer_start_tls(&p, &offer));
    rawpeer_close(&p);
    stop(&f, tls);
}

/* Ask with a certificate, and take the session ticket along. */
static SSL_SESSION *take_session(struct http_fixture *f, const struct pki_identity *device)
{
    struct rawpeer p;
    assert_int_equal(ask_who(f, &p, device), 200);
    SSL_SESSION *session = SSL_get1_session(p.ssl);
    assert_non_null(session);
    assert_true(SSL_SESSION_is_resumable(session));
    rawpeer_close(&p);
    return session;
}

static int ask_resumed(struct http_fixture *f, SSL_SESSION *session, bool *ret_reused)
{
    struct rawpeer p;
    struct rawpeer_tls tls = {.ca_pem = buf_str(&pki.ca_pem), .session = session};
    rawpeer_connect(&p, http_fixture_port(f));
    int status = 0;
    *ret_reused = false;
    if (rawpeer_start_tls(&p, &tls) &&
        rawpeer_send(&p, STR("GET /who HTTP/1.1\r\nHost: a\r\n\r\n"))) {
        status = rawpeer_answer(&p, false);
        *ret_reused = SSL_session_reused(p.ssl);
        if (*ret_reused)
            assert_true(str_starts(p.body, STR("device-2 ")));
    }
    rawpeer_close(&p);
    return status;
}

struct reload {
    struct tls_context *tls;
    struct tls_server_options options;
};

static void reload(struct loop *loop, void *arg)
{
    struct reload *r = arg;
    struct err err = {0};
    (void)loop;
    assert_ok_err(tls_server_reload(r->tls, &r->options, &err), &err);
}

static void a_session_is_resumed_with_its_certificate_and_across_a_reload(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_REQUIRED);
    struct pki_identity device;
    struct pki_identity renewed;
    bool reused;
    pki_issue_device(&pki, "device-2", 0, 30, &device);
    SSL_SESSION *session = take_session(&f, &device);
    assert_int_equal(ask_resumed(&f, session, &reused), 200);
    assert_true(reused);

    pki_issue_server(&pki, 0, &renewed);
    struct reload r = {tls, server_options(TLS_CLIENT_CERT_REQUIRED)};
    r.options.cert_pem = buf_str(&renewed.cert_pem);
    r.options.key_pem = buf_str(&renewed.key_pem);
    http_fixture_call(&f, reload, &r);
    assert_int_equal(ask_resumed(&f, session, &reused), 200);
    assert_true(reused);

    /* Other client authorities: the session proves nothing any more. */
    struct pki other;
    pki_init(&other);
    r.options.client_ca_pem = buf_str(&other.ca_pem);
    http_fixture_call(&f, reload, &r);
    assert_int_equal(ask_resumed(&f, session, &reused), 0);
    assert_false(reused);

    pki_done(&other);
    SSL_SESSION_free(session);
    pki_identity_done(&device);
    pki_identity_done(&renewed);
    stop(&f, tls);
}

static void a_reload_changes_the_certificate_shown(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_NONE);
    struct pki_identity renewed;
    struct rawpeer p;
    struct rawpeer_tls trust = {.ca_pem = buf_str(&pki.ca_pem)};
    pki_issue_server(&pki, 0, &renewed);
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_start_tls(&p, &trust));
    struct reload r = {tls, server_options(TLS_CLIENT_CERT_NONE)};
    r.options.cert_pem = buf_str(&renewed.cert_pem);
    r.options.key_pem = buf_str(&renewed.key_pem);
    http_fixture_call(&f, reload, &r);
    rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"); /* the old connection goes on */
    assert_int_equal(rawpeer_answer(&p, false), 200);
    rawpeer_close(&p);

    struct x509_cert *shown;
    char fingerprint[HASH_HEX_BYTES];
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_start_tls(&p, &trust));
    assert_ok(x509_from_handle(SSL_get0_peer_certificate(p.ssl), &shown));
    assert_ok(x509_fingerprint(shown, fingerprint));
    assert_string_equal(fingerprint, renewed.fingerprint_hex);
    x509_free(shown);
    rawpeer_close(&p);
    pki_identity_done(&renewed);
    stop(&f, tls);
}

struct cut {
    struct http_fixture *f;
    struct str fingerprint;
    unsigned count;
};

static void cut(struct loop *loop, void *arg)
{
    struct cut *c = arg;
    (void)loop;
    c->count = http_server_cut(c->f->server, c->fingerprint);
}

static void a_revoked_certificate_loses_its_connections(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_REQUIRED);
    struct pki_identity revoked;
    struct pki_identity other;
    struct rawpeer a;
    struct rawpeer b;
    pki_issue_device(&pki, "revoked", 0, 30, &revoked);
    pki_issue_device(&pki, "other", 0, 30, &other);
    assert_int_equal(ask_who(&f, &a, &revoked), 200);
    assert_int_equal(ask_who(&f, &b, &other), 200);
    struct cut c = {&f, str_of(revoked.fingerprint_hex), 0};
    http_fixture_call(&f, cut, &c);
    assert_int_equal(c.count, 1);
    assert_true(rawpeer_at_end(&a));
    rawpeer_say(&b, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&b, false), 200);
    rawpeer_close(&a);
    rawpeer_close(&b);
    pki_identity_done(&revoked);
    pki_identity_done(&other);
    stop(&f, tls);
}

static void a_large_answer_and_a_vanishing_peer_work_over_tls(void **state)
{
    (void)state;
    struct http_fixture f;
    struct tls_context *tls = start(&f, TLS_CLIENT_CERT_NONE);
    struct rawpeer_tls trust = {.ca_pem = buf_str(&pki.ca_pem)};
    struct rawpeer p;
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_start_tls(&p, &trust));
    rawpeer_say(&p, "GET /big?n=1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_int_equal(p.body.len, 1000000);
    for (size_t i = 0; i < p.body.len; i++)
        assert_true(p.body.ptr[i] == (char)('a' + i % 26));
    rawpeer_say(&p, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(rawpeer_read(&p));
    rawpeer_reset(&p);
    http_fixture_wait(&f.gone_sem);

    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_start_tls(&p, &trust));
    rawpeer_say(&p, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    http_fixture_wait(&f.parked_sem);
    rawpeer_half_close(&p); /* close_notify only: it still reads */
    http_fixture_wait(&f.gone_sem);
    http_fixture_unpark(&f);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_true(rawpeer_at_end(&p));
    rawpeer_close(&p);
    stop(&f, tls);
}

static void contexts_say_what_is_wrong_with_their_texts(void **state)
{
    (void)state;
    struct tls_context *tls;
    struct err err = {0};
    struct tls_server_options options = server_options(TLS_CLIENT_CERT_REQUIRED);
    options.cert_pem = STR("no certificate");
    assert_int_equal(tls_server_new(&options, &tls, &err), E_PARSE);
    assert_true(str_starts(str_of(err.message), STR("certificate: ")));
    options = server_options(TLS_CLIENT_CERT_REQUIRED);
    options.key_pem = (struct str){0};
    assert_int_equal(tls_server_new(&options, &tls, &err), E_PARSE);
    assert_true(str_starts(str_of(err.message), STR("private key: ")));
    struct pki_identity other;
    pki_issue_server(&pki, 0, &other);
    options.key_pem = buf_str(&other.key_pem);
    assert_int_equal(tls_server_new(&options, &tls, &err), E_CRYPTO);
    pki_identity_done(&other);
    options = server_options(TLS_CLIENT_CERT_REQUIRED);
    options.client_ca_pem = (struct str){0};
    assert_int_equal(tls_server_new(&options, &tls, &err), E_PARSE);
    assert_true(str_starts(str_of(err.message), STR("client authority: ")));
}

static int make_contexts(void *context)
{
    (void)context;
    struct tls_context *tls;
    struct tls_server_options options = server_options(TLS_CLIENT_CERT_REQUIRED);
    int rc = tls_server_new(&options, &tls, NULL);
    if (rc)
        return rc;
    tls_free(tls);
    struct tls_client_options client = {.ca_pem = buf_str(&pki.ca_pem)};
    rc = tls_client_new(&client, &tls, NULL);
    if (rc == 0)
        tls_free(tls);
    return rc;
}

static void making_contexts_survives_running_out_of_memory(void **state)
{
    (void)state;
    test_every_allocation_fails(make_contexts, NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_known_by_its_certificate),
        cmocka_unit_test(certificates_that_do_not_count_are_refused),
        cmocka_unit_test(an_optional_certificate_may_be_absent_but_not_bad),
        cmocka_unit_test(nothing_older_than_tls_1_3_is_spoken),
        cmocka_unit_test(plain_http_on_a_tls_port_is_closed),
        cmocka_unit_test(a_handshake_that_stops_is_cut_off),
        cmocka_unit_test(alpn_chooses_http_1_1_and_refuses_what_it_does_not_know),
        cmocka_unit_test(a_session_is_resumed_with_its_certificate_and_across_a_reload),
        cmocka_unit_test(a_reload_changes_the_certificate_shown),
        cmocka_unit_test(a_revoked_certificate_loses_its_connections),
        cmocka_unit_test(a_large_answer_and_a_vanishing_peer_work_over_tls),
        cmocka_unit_test(contexts_say_what_is_wrong_with_their_texts),
        cmocka_unit_test(making_contexts_survives_running_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_pki, free_pki);
}
