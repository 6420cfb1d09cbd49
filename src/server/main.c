/* Entry of `cordond`. */
#include <stdio.h>

int main(void)
{
    (void)puts("cordond " CORDON_VERSION);
    return 0;
}
