/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"
#include "lines.h"
#include "load.h"
#include "report.h"
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

struct reading {
    struct config_report *report;
    const char *file;
    bool declares_entities;
};

static struct reading *reading_of(void *context)
{
    return ((xmlParserCtxt *)context)->_private;
}

static void on_error(void *context, xmlError *error)
{
    struct reading *r = reading_of(context);
    const char *message = error->message ? error->message : "not well-formed";
    struct config_place place = {r->file, error->line};

    if (r->declares_entities) /* the parser was stopped: what it says now is about that */
        return;
    report_add(r->report, error->level == XML_ERR_WARNING ? CONFIG_WARNING : CONFIG_ERROR, place,
               "XML: %.*s", (int)strcspn(message, "\n"), message);
}

/* Entities are how a small file becomes a large one, or reads others: none may be declared. */
static void on_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system_id, xmlChar *content)
{
    struct reading *r = reading_of(context);
    struct config_place place = {r->file, xmlSAX2GetLineNumber(context)};

    (void)type, (void)public_id, (void)system_id, (void)content;
    if (!r->declares_entities)
        report_add(r->report, CONFIG_ERROR, place,
                   "the DOCTYPE declares the entity %s: entities are not read, write their text",
                   (const char *)name);
    r->declares_entities = true;
    xmlStopParser(context);
}

/* References to entities that nobody declared are refused by the parser; no file is opened. */
static xmlParserInput *no_input(void *context, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)context, (void)public_id, (void)system_id;
    return NULL;
}

static bool is_too_deep(const xmlNode *root)
{
    const xmlNode *n = root;
    int depth = 1;

    for (;;) {
        if (n->type == XML_ELEMENT_NODE && n->children) {
            n = n->children;
            if (++depth > NESTING_MAX)
                return true;
            continue;
        }
        while (!n->next) {
            n = n->parent;
            depth--;
            if (n == root || !n || n->type == XML_DOCUMENT_NODE)
                return false;
        }
        if (n == root)
            return false;
        n = n->next;
    }
}

static xmlDoc *parse(struct slice bytes, struct reading *reading)
{
    xmlParserCtxt *context = xmlNewParserCtxt();
    xmlDoc *document;

    if (!context) {
        report_add(reading->report, CONFIG_ERROR, (struct config_place){reading->file, 0},
                   "no memory for the XML parser");
        return NULL;
    }
    context->_private = reading;
    context->sax->serror = on_error;
    context->sax->entityDecl = on_entity;
    context->sax->resolveEntity = no_input;
    document =
        xmlCtxtReadMemory(context, (const char *)bytes.bytes, (int)bytes.len, reading->file, NULL,
                          XML_PARSE_NONET | XML_PARSE_NOXINCNODE | XML_PARSE_BIG_LINES);
    if (document && (!context->wellFormed || reading->declares_entities)) {
        xmlFreeDoc(document);
        document = NULL;
    }
    xmlFreeParserCtxt(context);
    return document;
}

xmlDoc *document_parse(struct slice bytes, const char *file, struct config_report *report)
{
    struct reading reading = {.report = report, .file = file};
    struct config_place whole = {file, 0};
    xmlDoc *document;
    xmlNode *root;

    if (bytes.len == 0 || bytes.len > FILE_BYTES_MAX) {
        report_add(report, CONFIG_ERROR, whole, "the file is %s",
                   bytes.len == 0 ? "empty" : "larger than 16 MB");
        return NULL;
    }
    document = parse(bytes, &reading);
    if (!document) {
        if (report->error_count == 0)
            report_add(report, CONFIG_ERROR, whole, "the file is not XML");
        return NULL;
    }
    root = xmlDocGetRootElement(document);
    if (!root || is_too_deep(root)) {
        report_add(report, CONFIG_ERROR, whole,
                   root ? "the elements are nested deeper than 100" : "the file holds no element");
        xmlFreeDoc(document);
        return NULL;
    }
    lines_attach(document, bytes);
    return document;
}
