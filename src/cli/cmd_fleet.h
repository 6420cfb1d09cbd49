/* The fleet commands; one file cmd_<noun>.c a noun. */
#ifndef CORDON_CLI_CMD_FLEET_H
#define CORDON_CLI_CMD_FLEET_H

#include "cli/opt.h"

/* cmd_login.c */
extern const struct opt_row cmd_login_rows[];
int cmd_login(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_logout(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_whoami(struct cli *cli, const struct opt *opt, struct err *err);

/* cmd_device.c */
extern const struct opt_row cmd_device_list_rows[];
extern const struct opt_row cmd_isolate_rows[];
extern const struct opt_row cmd_release_rows[];
extern const struct opt_row cmd_message_rows[];
extern const struct opt_row cmd_kill_rows[];
int cmd_device_list(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_device_get(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_device_isolate(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_device_release(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_device_message(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_process_kill(struct cli *cli, const struct opt *opt, struct err *err);

/* cmd_alert.c */
extern const struct opt_row cmd_alert_list_rows[];
extern const struct opt_row cmd_alert_note_rows[];
extern const struct opt_row cmd_alert_reason_rows[];
extern const struct opt_row cmd_alert_reopen_rows[];
int cmd_alert_list(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_alert_get(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_alert_ack(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_alert_close(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_alert_reopen(struct cli *cli, const struct opt *opt, struct err *err);

/* cmd_action.c */
extern const struct opt_row cmd_action_list_rows[];
extern const struct opt_row cmd_action_watch_rows[];
extern const struct opt_row cmd_action_reason_rows[];
int cmd_action_list(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_action_get(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_action_watch(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_action_cancel(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_action_confirm(struct cli *cli, const struct opt *opt, struct err *err);

/* cmd_token.c */
extern const struct opt_row cmd_token_create_rows[];
int cmd_token_create(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_token_list(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_token_revoke(struct cli *cli, const struct opt *opt, struct err *err);

/* cmd_doctor.c */
int cmd_doctor(struct cli *cli, const struct opt *opt, struct err *err);

#endif
