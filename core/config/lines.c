/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

struct scanner {
    struct slice text;
    size_t at;
    int line;
    xmlNode *node; /* the next element in the order of the document */
};

static uint8_t peek(const struct scanner *s)
{
    return s->at < s->text.len ? s->text.bytes[s->at] : 0;
}

static bool is_at_end(const struct scanner *s)
{
    return s->at >= s->text.len;
}

static void step(struct scanner *s)
{
    if (peek(s) == '\n')
        s->line++;
    s->at++;
}

static bool starts(const struct scanner *s, struct slice with)
{
    return slice_starts_with(slice_after(s->text, s->at), with);
}

static void skip_past(struct scanner *s, struct slice end)
{
    while (!is_at_end(s) && !starts(s, end))
        step(s);
    for (size_t i = 0; i < end.len && !is_at_end(s); i++)
        step(s);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice read_name(struct scanner *s)
{
    size_t from = s->at;

    while (!is_at_end(s) && !is_blank(peek(s)) && !memchr("=/>", peek(s), 3))
        step(s);
    return slice_of(s->text.bytes + from, s->at - from);
}

/* "prefix:name" and "name" are the node's "name". */
static bool is_named(struct slice written, const xmlChar *name)
{
    size_t len = strlen((const char *)name);

    return written.len >= len && memcmp(written.bytes + written.len - len, name, len) == 0 &&
           (written.len == len || written.bytes[written.len - len - 1] == ':');
}

static void set_line(void **private, int line)
{
    *private = (void *)(intptr_t)line;
}

static void skip_value(struct scanner *s)
{
    uint8_t quote;

    while (!is_at_end(s) && peek(s) != '"' && peek(s) != '\'')
        step(s);
    quote = peek(s);
    do
        step(s);
    while (!is_at_end(s) && peek(s) != quote);
    step(s);
}

/* Attributes are listed in their order; declarations of namespaces are not among them. */
static void read_attributes(struct scanner *s, xmlNode *node)
{
    xmlAttr *next = node->properties;

    for (;;) {
        struct slice name;
        int line;

        while (!is_at_end(s) && is_blank(peek(s)))
            step(s);
        if (is_at_end(s) || peek(s) == '>' || peek(s) == '/')
            return;
        line = s->line;
        name = read_name(s);
        if (name.len == 0)
            return;
        skip_value(s);
        if (next && is_named(name, next->name) && !slice_starts_with(name, SLICE("xmlns"))) {
            set_line(&next->_private, line);
            next = next->next;
        }
    }
}

static xmlNode *next_element(xmlNode *node)
{
    xmlNode *n = node;

    do {
        if (n->type == XML_ELEMENT_NODE && n->children) {
            n = n->children;
        } else {
            while (n && n->type != XML_DOCUMENT_NODE && !n->next)
                n = n->parent;
            n = n && n->type != XML_DOCUMENT_NODE ? n->next : NULL;
        }
    } while (n && n->type != XML_ELEMENT_NODE);
    return n;
}

/* False when text and tree have parted, which must not happen. */
static bool read_start_tag(struct scanner *s)
{
    int line = s->line;
    struct slice name;

    step(s);
    name = read_name(s);
    if (!is_named(name, s->node->name))
        return false;
    set_line(&s->node->_private, line);
    read_attributes(s, s->node);
    s->node = next_element(s->node);
    return true;
}

static void skip_doctype(struct scanner *s)
{
    int open = 0;

    for (; !is_at_end(s); step(s)) {
        if (peek(s) == '[' || peek(s) == '<')
            open++;
        else if (peek(s) == ']')
            open--;
        else if (peek(s) == '>' && --open == 0)
            break;
    }
    step(s);
}

void lines_attach(xmlDoc *document, struct slice text)
{
    struct scanner s = {.text = text, .line = 1, .node = xmlDocGetRootElement(document)};

    if (text.len == 0 || memchr(text.bytes, '\0', text.len)) /* UTF-16 or so */
        return;
    while (!is_at_end(&s) && s.node) {
        if (peek(&s) != '<')
            step(&s);
        else if (starts(&s, SLICE("<!--")))
            skip_past(&s, SLICE("-->"));
        else if (starts(&s, SLICE("<![CDATA[")))
            skip_past(&s, SLICE("]]>"));
        else if (starts(&s, SLICE("<?")))
            skip_past(&s, SLICE("?>"));
        else if (starts(&s, SLICE("<!")))
            skip_doctype(&s);
        else if (starts(&s, SLICE("</")))
            skip_past(&s, SLICE(">"));
        else if (!read_start_tag(&s))
            return;
    }
}
