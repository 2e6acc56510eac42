/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_LINES_H
#define CONFIG_LINES_H
/*
 * lines.h - the line of every start tag and attribute.
 *
 * The XML library knows only the line where a start tag ends; a <policyEntry> of ten lines
 * deserves better. This reads the text once more, which is known to be well-formed by then.
 *
 * Threads    the loading one. Ownership: writes plain numbers into _private of the nodes.
 * Limits     texts in encodings that are not built on ASCII keep the library's lines.
 */
#include "base/slice.h"
#include <libxml/tree.h>

void lines_attach(xmlDoc *document, struct slice text);
#endif
