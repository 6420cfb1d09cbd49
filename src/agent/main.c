/* Entry of `cordon-agent`. */
#include <stdio.h>

int main(void)
{
    (void)puts("cordon-agent " CORDON_VERSION);
    return 0;
}
