/* The system's part of running: running_linux.c and running_macos.c. Private to respond/. */
#ifndef CORDON_RESPOND_RUNNING_PRIV_H
#define CORDON_RESPOND_RUNNING_PRIV_H

#include "respond/running.h"

/** Fill in how the process is signed, as far as the system says. */
void running_os_sign(struct running *r);

#endif
