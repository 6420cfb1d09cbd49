/* Turns the Linux kernel's short notifications into full records in Cordon's flat form: looks the
 * process up in /proc at once, remembers what later events need, and says in `sensor.text` when a
 * process ended before it could be looked at. Used by the linux sensor on its loop. */
#ifndef CORDON_SENSOR_PROC_EVENTS_H
#define CORDON_SENSOR_PROC_EVENTS_H

#include "sensor/file_watch.h"
#include "sensor/proc_connector.h"
#include "sensor/sensor.h"

struct proc_events;

/**
 * @param own_root file events of this process and its descendants are left out: the agent must not
 *                 see its own writing
 * @param forks    whether a fork is an event of its own
 * @param fn       gets each record
 * @return 0 or E_NOMEM
 */
int proc_events_new(pid_t own_root, bool forks, sensor_record_fn fn, void *arg,
                    struct proc_events **ret_events) MUST_CHECK;
void proc_events_free(struct proc_events *p);

/** Learn the processes that already run, without events. @return 0 or E_IO */
int proc_events_seed(struct proc_events *p) MUST_CHECK;
/** Take one notification in. */
void proc_events_note(struct proc_events *p, const struct proc_note *n);
/** Take one file event in (not FILE_OVERFLOW). */
void proc_events_file(struct proc_events *p, const struct file_event *ev);
/** Without notifications: compare /proc with what is known; new and gone processes are events. */
void proc_events_scan(struct proc_events *p);

#endif
