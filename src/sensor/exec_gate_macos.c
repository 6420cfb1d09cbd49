/* macOS: a gate needs an EndpointSecurity client with Apple's entitlement. See exec_gate.h. */
#include "sensor/exec_gate.h"

int exec_gate_open(exec_gate_fn decide, void *arg, struct exec_gate **ret_gate, struct err *err)
{
    (void)decide;
    (void)arg;
    (void)ret_gate;
    return err_set(err, E_UNSUPPORTED, "eslogger tells of programs after they started");
}

void exec_gate_close(struct exec_gate *g)
{
    (void)g;
}
