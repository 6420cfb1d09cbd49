/* Probes, metrics, the API's description. */
#include "os/clock.h"
#include "os/file.h"
#include "schema/content.h"
#include "server/channels.h"
#include "server/handlers.h"
#include "server/stream.h"

void ops_livez(struct call *c)
{
    http_answer_send(c->req, 200, "application/json", STR("{\"status\":\"ok\"}"));
}

void ops_readyz(struct call *c)
{
    struct err err = {0};
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    int64_t space = file_free_bytes(c->server->config->data_dir.ptr);
    int rc = store_read_begin(c->server->store, &tx, &err);
    if (rc == 0 && c->server->draining)
        rc = err_set(&err, E_AGAIN, "shutting down");
    if (rc == 0 && space >= 0 && space < c->server->free_bytes_least)
        rc = err_set(&err, E_FULL, "%lld bytes are free, batches are refused below %lld",
                     (long long)space, (long long)c->server->free_bytes_least);
    if (rc)
        http_answer_problem(c->req, 503, rc, err.message);
    else
        ops_livez(c);
}

static void metric(struct buf *out, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
             (unsigned long long)value);
}

void ops_metrics(struct call *c)
{
    const struct server *s = c->server;
    struct buf out CLEANUP(buf_done) = {0};
    struct store_stats st;
    int64_t space = file_free_bytes(s->config->data_dir.ptr);
    store_stats(s->store, &st);
    metric(&out, "cordon_requests_total", "counter", "HTTP requests", s->requests);
    metric(&out, "cordon_batches_total", "counter", "batches committed", s->batches);
    metric(&out, "cordon_batches_refused_total", "counter", "batches refused", s->refused_batches);
    metric(&out, "cordon_events_total", "counter", "events committed", s->events);
    metric(&out, "cordon_alerts_total", "counter", "new alerts committed", s->alerts);
    metric(&out, "cordon_messages_refused_total", "counter", "device messages refused",
           s->refused_messages);
    metric(&out, "cordon_logins_failed_total", "counter", "failed log-ins", s->failed_logins);
    metric(&out, "cordon_devices_connected", "gauge", "held device connections",
           channels_len(s->channels));
    metric(&out, "cordon_streams", "gauge", "open live streams", stream_len(s->stream));
    metric(&out, "cordon_streams_slow_total", "counter",
           "live streams closed because their reader did not keep up",
           stream_slow_readers(s->stream));
    metric(&out, "cordon_http_connections", "gauge", "open connections, both listeners",
           http_server_connections(s->admin) + http_server_connections(s->device));
    metric(&out, "cordon_store_commits_total", "counter", "database commits", st.groups);
    metric(&out, "cordon_store_units_total", "counter", "units of work committed", st.units);
    metric(&out, "cordon_store_syncs_total", "counter", "segment syncs", st.syncs);
    metric(&out, "cordon_store_failed_commits_total", "counter", "database commits that failed",
           st.failed_groups);
    metric(&out, "cordon_store_segments_abandoned_total", "counter",
           "telemetry files given up after a failed write", st.segments_abandoned);
    metric(&out, "cordon_store_segments_damaged", "gauge",
           "telemetry files found damaged at the start", st.segments_damaged);
    metric(&out, "cordon_free_bytes", "gauge", "free space of the data folder",
           space > 0 ? (uint64_t)space : 0);
    metric(&out, "cordon_store_queue", "gauge", "units of work waiting", st.queue);
    metric(&out, "cordon_uptime_seconds", "gauge", "since the start",
           (uint64_t)((clock_mono_ns() - s->started_ns) / 1000000000));
    if (buf_check(&out))
        http_answer_problem(c->req, 0, E_NOMEM, NULL);
    else
        http_answer_send(c->req, 200, "text/plain; version=0.0.4", buf_str(&out));
}

void ops_openapi(struct call *c)
{
    http_answer_header(c->req, "Cache-Control", STR("no-store"));
    http_answer_send(c->req, 200, "application/yaml", content_documents[0].bytes);
}
