/* Entry of `cordon`. */
#include <stdio.h>

int main(void)
{
    (void)puts("cordon " CORDON_VERSION);
    return 0;
}
