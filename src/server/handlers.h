/* Handlers of all routes, each in the file of its subject. Bound in router.c. */
#ifndef CORDON_SERVER_HANDLERS_H
#define CORDON_SERVER_HANDLERS_H

#include "server/server.h"

/* api_overview.c */
void overview_get(struct call *c);
/* ops.c */
void ops_livez(struct call *c);
void ops_readyz(struct call *c);
void ops_metrics(struct call *c);
void ops_openapi(struct call *c);
/* stream_peer.c */
void stream_open(struct call *c);
/* api_login.c */
void login_bearer(struct call *c);
void login_browser(struct call *c);
void login_password(struct call *c);
/* api_session.c */
void session_get(struct call *c);
void session_end(struct call *c);
void session_whoami(struct call *c);
/* api_devices.c */
void devices_list(struct call *c);
void devices_get(struct call *c);
void devices_revoke(struct call *c);
/* api_alerts.c */
void alerts_list(struct call *c);
void alerts_get(struct call *c);
void alerts_ack(struct call *c);
void alerts_close(struct call *c);
void alerts_reopen(struct call *c);
/* api_action_types.c */
void actions_types(struct call *c);
/* api_actions.c */
void actions_list(struct call *c);
void actions_get(struct call *c);
void actions_create(struct call *c);
void actions_cancel(struct call *c);
void actions_confirm(struct call *c);
/* api_enrollment.c */
void tokens_list(struct call *c);
void tokens_create(struct call *c);
void tokens_revoke(struct call *c);
/* api_rules.c */
void rulesets_list(struct call *c);
void rulesets_upload(struct call *c);
/* api_lists.c */
void lists_get(struct call *c);
void lists_add(struct call *c);
void lists_remove(struct call *c);
/** `state` and `q` of a list of entries. @return 0 or the request was answered */
int entries_filter(struct call *c, struct store_entry_filter *ret_filter) MUST_CHECK;
/* api_exceptions.c */
void exceptions_get(struct call *c);
void exceptions_add(struct call *c);
void exceptions_remove(struct call *c);
/* api_hunts.c */
void hunts_list(struct call *c);
void hunts_create(struct call *c);
void hunts_get(struct call *c);
void hunts_results(struct call *c);
void hunts_cancel(struct call *c);
/* api_scans.c */
void scans_create(struct call *c);
/* api_audit.c */
void audit_list(struct call *c);
/* device_enroll.c */
void device_call_enroll(struct call *c);
void device_call_renew(struct call *c);
/* device_batch.c */
void device_call_batch(struct call *c);
/* device_channel.c */
void device_call_channel(struct call *c);
/* device_files.c */
void device_call_ruleset(struct call *c);
void device_call_plan(struct call *c);
void device_files_free(struct server *s);

#endif
