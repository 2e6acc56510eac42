/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"
#include "hint.h"
#include "values.h"
#include <assert.h>
#include <stdlib.h>

bool walk_has(const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0)
            return true;
    for (const xmlNode *n = node->children; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE && (strcmp((const char *)n->name, name) == 0 ||
                                            strcmp((const char *)n->name, "property") == 0))
            return true;
    return false;
}

static const char *name_of(const xmlNode *node)
{
    return (const char *)node->name;
}

int walk_line(const xmlNode *node)
{
    return node->_private ? (int)(intptr_t)node->_private : (int)xmlGetLineNo(node);
}

static int attribute_line(const xmlAttr *attribute)
{
    return attribute->_private ? (int)(intptr_t)attribute->_private : walk_line(attribute->parent);
}

struct config_place walk_place(const struct walk *walk, const xmlNode *node)
{
    return (struct config_place){walk->file, walk_line(node)};
}

void walk_remark(struct walk *walk, enum config_severity severity, struct config_place place,
                 const char *fmt, ...)
{
    va_list args;
    const char *text;

    if (walk->is_muted && severity == CONFIG_NOTE)
        return;
    va_start(args, fmt);
    text = arena_format_list(walk->arena, fmt, args);
    va_end(args);
    report_add(walk->report, severity, place, "%s", text);
}

/* True the first time a row or element is to be remarked on. */
static bool note_once(struct walk *walk, const void *row)
{
    for (size_t i = 0; i < walk->noted_count; i++)
        if (walk->noted[i] == row)
            return false;
    *ARENA_APPEND(walk->arena, walk->noted, walk->noted_count) = row;
    return true;
}

/* The text of an attribute or element, NULL with an error when it holds an entity. */
static const char *text_of(struct walk *walk, const xmlNode *children, struct config_place place)
{
    struct text text;
    const char *copy;

    text_init(&text);
    for (const xmlNode *n = children; n; n = n->next) {
        if (n->type == XML_ENTITY_REF_NODE) {
            walk_remark(walk, CONFIG_ERROR, place,
                        "the entity &%s; is not expanded: write its text", name_of(n));
            text_fini(&text);
            return NULL;
        }
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE)
            text_add(&text, slice_of_text((const char *)n->content));
    }
    copy = arena_copy(walk->arena, text_slice(&text));
    text_fini(&text);
    return copy;
}

static const char *resolved(struct walk *walk, const char *text, struct config_place place)
{
    struct text_error error;
    const char *value;

    if (!text)
        return NULL;
    if (variables_resolve(walk->variables, text, &value, &error) != 0) {
        walk_remark(walk, CONFIG_ERROR, place, "%s", error.text);
        return NULL;
    }
    if (value != text && walk->lacks_configurer && note_once(walk, &walk->lacks_configurer))
        walk_remark(walk, CONFIG_NOTE, place,
                    "${...} is replaced although no PropertyPlaceholderConfigurer asks for it");
    if (strncmp(value, "ENC(", 4) == 0) {
        walk_remark(walk, CONFIG_ERROR, place,
                    "encrypted values (ENC) are not read by this version");
        return NULL;
    }
    return value;
}

const char *walk_attribute(struct walk *walk, const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        struct config_place place = {walk->file, attribute_line(a)};
        struct text_error error;
        const char *value, *text;

        if (strcmp((const char *)a->name, name) != 0 || a->ns)
            continue;
        text = text_of(walk, a->children, place);
        return text && variables_resolve(walk->variables, text, &value, &error) == 0 ? value : NULL;
    }
    return NULL;
}

static void remark_unheld(struct walk *walk, const struct schema_element *element,
                          const struct schema_attribute *row, const char *value,
                          struct config_place place)
{
    if (row->disposition == REFUSED) {
        if (!row->initial || strcmp(row->initial, value) != 0)
            walk_remark(walk, CONFIG_ERROR, place, "%s of <%s> is refused: %s", row->name,
                        element->name, row->meaning);
    } else if (row->disposition == MISSED) {
        if ((!row->initial || strcmp(row->initial, value) != 0) && note_once(walk, row))
            walk_remark(walk, CONFIG_WARNING, place, "%s of <%s> is accepted, but: %s", row->name,
                        element->name, row->meaning);
    } else if (row->disposition == IGNORED && note_once(walk, row)) {
        walk_remark(walk, CONFIG_NOTE, place, "%s of <%s> is ignored: %s", row->name, element->name,
                    row->meaning);
    }
}

static void apply(struct walk *walk, const struct schema_element *element,
                  const struct schema_attribute *row, void *object, const char *text,
                  struct config_place place)
{
    const char *value = resolved(walk, text, place);
    struct text_error error;
    union value parsed;

    if (!value)
        return;
    if (value_parse(row, value, &parsed, &error) != 0) {
        struct slice shown = value_trim(value);

        walk_remark(walk, CONFIG_ERROR, place, "%s=\"%.*s\" of <%s> %s", row->name,
                    shown.len > 80 ? 80 : (int)shown.len, (const char *)shown.bytes, element->name,
                    error.text);
        return;
    }
    if (element->keep && object && !walk->is_muted)
        element->keep(walk, object, row->name, value);
    remark_unheld(walk, element, row, value, place);
    if (row->disposition != HONOURED || walk->is_muted || !object)
        return;
    if (row->set)
        row->set(walk, object, row, value, place);
    else
        value_store(row, object, &parsed);
}

/* "a, b, c" of what may stand here, when that is short enough to help. */
static const char *allowed_names(struct walk *walk, const struct schema_element *element,
                                 bool of_children)
{
    struct text names;
    const char *list;
    size_t count = 0;

    text_init(&names);
    if (of_children)
        for (const struct schema_element *const *c = element->children; c && *c; c++)
            text_add_format(&names, "%s<%s>", count++ ? ", " : "", (*c)->name);
    else
        for (const struct schema_attribute *row = element->attributes; row && row->name; row++)
            text_add_format(&names, "%s%s%s", count++ ? ", " : "", row->is_ours ? "cw:" : "",
                            row->name);
    if (count == 0)
        list = of_children ? "; nothing may stand inside" : "; it has no attributes";
    else if (count > 8)
        list = "";
    else
        list = arena_format(walk->arena, "; allowed here: %.*s", SLICE_FMT(text_slice(&names)));
    text_fini(&names);
    return list;
}

static void unknown_attribute(struct walk *walk, const struct schema_element *element,
                              const char *name, bool is_ours, struct config_place place)
{
    const struct schema_attribute *best = NULL;
    struct hint hint;

    if (schema_child_find(element, name)) {
        walk_remark(walk, CONFIG_ERROR, place,
                    "%s of <%s> refers to a bean: write the element <%s> inside instead", name,
                    element->name, name);
        return;
    }
    hint_init(&hint, name);
    for (const struct schema_attribute *row = element->attributes; row && row->name; row++) {
        size_t before = hint.distance;

        hint_offer(&hint, row->name);
        if (hint.distance < before)
            best = row;
    }
    if (best)
        walk_remark(walk, CONFIG_ERROR, place, "<%s> has no attribute %s%s: did you mean %s%s?",
                    element->name, is_ours ? "cw:" : "", name, best->is_ours ? "cw:" : "",
                    best->name);
    else
        walk_remark(walk, CONFIG_ERROR, place, "<%s> has no attribute %s%s%s", element->name,
                    is_ours ? "cw:" : "", name, allowed_names(walk, element, false));
}

static void walk_attributes(struct walk *walk, const struct schema_element *element,
                            const xmlNode *node, void *object)
{
    for (const xmlAttr *a = node->properties; a; a = a->next) {
        struct config_place place = {walk->file, attribute_line(a)};
        const char *name = (const char *)a->name, *uri = a->ns ? (const char *)a->ns->href : NULL;
        const struct schema_attribute *row;
        bool is_ours = uri && strcmp(uri, NAMESPACE_OURS) == 0;

        if (uri && !is_ours && strcmp(uri, NAMESPACE_CORE) != 0) {
            if (!strstr(uri, "XMLSchema-instance") && !strstr(uri, "XML/1998"))
                walk_remark(walk, CONFIG_NOTE, place,
                            "the attribute %s of another namespace (%s) is ignored", name, uri);
            continue;
        }
        row = schema_attribute_find(element, name, is_ours);
        if (row)
            apply(walk, element, row, object, text_of(walk, a->children, place), place);
        else if (strcmp(name, "id") != 0 || is_ours) /* any Spring element may have an id */
            unknown_attribute(walk, element, name, is_ours, place);
    }
}

static const xmlNode *first_element(const xmlNode *node)
{
    for (const xmlNode *n = node->children; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE)
            return n;
    return NULL;
}

/* <property name= value=/> or with <value>: an attribute written in Spring's way. */
static void walk_property(struct walk *walk, const struct schema_element *element,
                          const xmlNode *node, void *object)
{
    struct config_place place = walk_place(walk, node);
    const char *name = walk_attribute(walk, node, "name");
    const xmlNode *inner = first_element(node);
    const struct schema_attribute *row = name ? schema_attribute_find(element, name, false) : NULL;
    const xmlAttr *value = NULL;

    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (strcmp((const char *)a->name, "value") == 0)
            value = a;
    if (!row) {
        if (name && !schema_child_find(element, name))
            unknown_attribute(walk, element, name, false, place);
        else
            walk_remark(
                walk, CONFIG_ERROR, place,
                "this <property> of <%s> cannot be read: write it as an attribute or element",
                element->name);
    } else if (value) {
        apply(walk, element, row, object, text_of(walk, value->children, place), place);
    } else if (inner && strcmp(name_of(inner), "value") == 0) {
        apply(walk, element, row, object, text_of(walk, inner->children, place), place);
    } else if (row->disposition == IGNORED) {
        remark_unheld(walk, element, row, "", place);
    } else {
        walk_remark(walk, CONFIG_ERROR, place, "the property %s of <%s> needs a value=", name,
                    element->name);
    }
}

static void walk_bean(struct walk *walk, const struct schema_element *element, const xmlNode *node)
{
    struct config_place place = walk_place(walk, node);
    const char *class = walk_attribute(walk, node, "class");
    const char *what = walk_attribute(walk, node, "bean");

    if (class && strstr(class, "SpringContextHook"))
        walk_remark(walk, CONFIG_NOTE, place, "the bean %s is ignored: there is no Jetty to stop",
                    class);
    else if (element->flags & ELEMENT_BEANS_OK || element->disposition == IGNORED)
        walk_remark(walk, CONFIG_WARNING, place,
                    "the Java bean %s in <%s> is left out: no Java runs here",
                    class  ? class
                    : what ? what
                           : "without a class",
                    element->name);
    else
        walk_remark(
            walk, CONFIG_ERROR, place,
            "the Java %s %s in <%s> cannot run here: remove it, or use an element of the schema",
            class ? "class" : "bean",
            class  ? class
            : what ? what
                   : "without a name",
            element->name);
}

/* A child of our child: the step in between was forgotten, or the doubled name written once. */
static const struct schema_element *skipped_step(const struct schema_element *element,
                                                 const char *name)
{
    for (const struct schema_element *const *c = element->children; c && *c; c++)
        if (!(*c)->attributes && schema_child_find(*c, name))
            return *c;
    return NULL;
}

static void unknown_child(struct walk *walk, const struct schema_element *element,
                          const xmlNode *node)
{
    struct hint hint;

    hint_init(&hint, name_of(node));
    for (const struct schema_element *const *c = element->children; c && *c; c++)
        hint_offer(&hint, (*c)->name);
    if (hint.best)
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<%s> is not known inside <%s>: did you mean <%s>?", name_of(node),
                    element->name, hint.best);
    else
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node), "<%s> is not known inside <%s>%s",
                    name_of(node), element->name, allowed_names(walk, element, true));
}

/* Whatever namespace it inherits: nothing of ActiveMQ's own has these names. */
static bool is_spring(const xmlNode *node, const char *name)
{
    return strcmp(name_of(node), name) == 0;
}

/* Elements without attributes of their own that stand for a property and hold its object. */
static bool is_wrapper(const struct schema_element *element)
{
    return !element->attributes && element->children && element->disposition != REFUSED;
}

/* The doubled name written once: <memoryUsage limit="..."/> for the property and its object. */
static const struct schema_element *written_once(const struct schema_element *wrapper,
                                                 const xmlNode *node)
{
    const struct schema_element *inner = schema_child_find(wrapper, wrapper->name);
    const xmlNode *first = first_element(node);

    if (!inner || !is_wrapper(wrapper))
        return NULL;
    if (node->properties || (first && !schema_child_find(wrapper, name_of(first)) &&
                             schema_child_find(inner, name_of(first))))
        return inner;
    return NULL;
}

static void walk_known(struct walk *walk, const struct schema_element *child, const xmlNode *node,
                       void *object)
{
    const struct schema_element *inner = written_once(child, node);

    if (!inner) {
        walk_element(walk, child, node, object);
        return;
    }
    walk_remark(walk, CONFIG_NOTE, walk_place(walk, node),
                "<%s> is written once where ActiveMQ wants it doubled; read as if it were",
                child->name);
    if (child->begin)
        object = child->begin(walk, node, object);
    walk_element(walk, inner, node, object);
}

static void walk_child(struct walk *walk, const struct schema_element *element, const xmlNode *node,
                       void *object)
{
    const char *name = name_of(node);
    const struct schema_element *child = schema_child_find(element, name), *between;
    const struct schema_attribute *row;

    if (child) {
        walk_known(walk, child, node, object);
    } else if (is_spring(node, "property")) {
        walk_property(walk, element, node, object);
    } else if (is_spring(node, "bean") || is_spring(node, "ref")) {
        walk_bean(walk, element, node);
    } else if (is_spring(node, "description") || is_spring(node, "meta")) {
        return;
    } else if ((row = schema_attribute_find(element, name, false)) && !first_element(node)) {
        struct config_place place = walk_place(walk, node);

        apply(walk, element, row, object, text_of(walk, node->children, place), place);
    } else if ((between = skipped_step(element, name))) {
        walk_remark(
            walk, CONFIG_NOTE, walk_place(walk, node),
            "<%s> belongs inside <%s>; ActiveMQ refuses it here, we read it as if it were there",
            name, between->name);
        if (between->begin)
            object = between->begin(walk, node, object);
        walk_known(walk, schema_child_find(between, name), node, object);
    } else {
        unknown_child(walk, element, node);
    }
}

/* The later sibling because of which `node` does not count; NULL: it counts. */
static const xmlNode *later_twin(const struct schema_element *element, const xmlNode *node)
{
    const struct schema_element *child = schema_child_find(element, name_of(node));

    if (!child || child->flags & ELEMENT_REPEATS)
        return NULL;
    for (const xmlNode *n = node->next; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE)
            continue;
        if (strcmp(name_of(n), name_of(node)) == 0 ||
            (element->flags & ELEMENT_ONE_OF && schema_child_find(element, name_of(n))))
            return n;
    }
    return NULL;
}

static void walk_children(struct walk *walk, const struct schema_element *element,
                          const xmlNode *node, void *object)
{
    for (const xmlNode *n = node->children; n; n = n->next) {
        const xmlNode *twin;

        if ((n->type == XML_TEXT_NODE && !xmlIsBlankNode(n)) || n->type == XML_CDATA_SECTION_NODE ||
            n->type == XML_ENTITY_REF_NODE) {
            walk_remark(walk, CONFIG_ERROR, (struct config_place){walk->file, walk_line(node)},
                        "<%s> holds text where only elements may stand", element->name);
        }
        if (n->type != XML_ELEMENT_NODE)
            continue;
        twin = later_twin(element, n);
        if (twin)
            walk_remark(walk, CONFIG_WARNING, walk_place(walk, n),
                        "<%s> is left out: line %d has <%s> %s, and as in ActiveMQ the last one "
                        "counts",
                        name_of(n), walk_line(twin), name_of(twin),
                        strcmp(name_of(n), name_of(twin)) == 0 ? "again" : "in its place");
        else
            walk_child(walk, element, n, object);
    }
}

/* False when nothing of the element is to be looked at. */
static bool judge(struct walk *walk, const struct schema_element *element, const xmlNode *node)
{
    struct config_place place = walk_place(walk, node);

    switch (element->disposition) {
    case REFUSED:
        walk_remark(walk, CONFIG_ERROR, place, "<%s> is refused: %s", element->name,
                    element->meaning);
        return false;
    case MISSED:
        if (note_once(walk, element))
            walk_remark(walk, CONFIG_WARNING, place, "<%s> is accepted, but: %s", element->name,
                        element->meaning);
        break;
    case IGNORED:
        if (note_once(walk, element))
            walk_remark(walk, CONFIG_NOTE, place, "<%s> is ignored: %s", element->name,
                        element->meaning);
        break;
    case HONOURED:
        break;
    }
    return !(element->flags & ELEMENT_OPAQUE);
}

void walk_element(struct walk *walk, const struct schema_element *element, const xmlNode *node,
                  void *parent)
{
    bool was_muted = walk->is_muted;
    void *object = parent;

    if (!judge(walk, element, node))
        return;
    walk->is_muted = was_muted || element->disposition == IGNORED || element->disposition == MISSED;
    if (element->begin && !walk->is_muted) {
        object = element->begin(walk, node, parent);
        if (!object)
            return;
    }
    walk_attributes(walk, element, node, object);
    walk_children(walk, element, node, object);
    if (element->end && !walk->is_muted)
        element->end(walk, node, object);
    walk->is_muted = was_muted;
}
