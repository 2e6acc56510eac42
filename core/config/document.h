/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_DOCUMENT_H
#define CONFIG_DOCUMENT_H
/*
 * document.h - bytes to a tree of XML, from which nothing else can be reached: no network, no
 * file, no entity of the document's own.
 *
 * Threads    the loading one. Ownership: the caller frees the tree with xmlFreeDoc.
 * Limits     as in load.h: 16 MB, 100 levels.
 */
#include "config/config.h"
#include <libxml/tree.h>

/* NULL with errors in the report when the text is not what we read. */
xmlDoc *document_parse(struct slice bytes, const char *file, struct config_report *report);
#endif
