/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
void config_print(const struct config *config, FILE *to)
{
    fprintf(to, "%s\n", config->broker_name);
}
void config_print_reference(FILE *to)
{
    (void)to;
}
