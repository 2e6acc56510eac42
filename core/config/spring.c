/* SPDX-License-Identifier: Apache-2.0 */
#include "spring.h"
#include "config/properties.h"
#include "values.h"
#include <errno.h>
#include <strings.h>
#include <sys/stat.h>

struct configurer {
    struct walk *walk;
    struct config_place place;
    bool may_be_missing; /* ignoreResourceNotFound */
};

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static void add_pair(void *arg, struct slice key, struct slice value, int line)
{
    (void)line;
    variables_add(arg, key, value);
}

static void load_file(struct configurer *c, const char *location)
{
    const char *text, *path;
    struct text_error error;
    struct stat status;

    if (variables_resolve(c->walk->variables, location, &text, &error) != 0) {
        walk_remark(c->walk, CONFIG_ERROR, c->place, "%s", error.text);
        return;
    }
    path = variables_locate(c->walk->variables, arena_copy(c->walk->arena, value_trim(text)));
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        walk_remark(c->walk, c->may_be_missing ? CONFIG_NOTE : CONFIG_WARNING, c->place,
                    "the property file %s is not there%s", path,
                    c->may_be_missing ? "" : ", which stops ActiveMQ");
    else if (properties_load(path, add_pair, c->walk->variables, &error) != 0)
        walk_remark(c->walk, CONFIG_ERROR, c->place, "%s", error.text);
}

static void load_files(struct configurer *c, const char *locations)
{
    char *rest = arena_copy_text(c->walk->arena, locations), *one;

    while ((one = strsep(&rest, ",")))
        if (value_trim(one).len > 0)
            load_file(c, one);
}

static const char *own_text(struct walk *walk, const xmlNode *node)
{
    struct text text;
    const char *copy;

    text_init(&text);
    for (const xmlNode *n = node->children; n; n = n->next)
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE)
            text_add(&text, slice_of_text((const char *)n->content));
    copy = arena_copy(walk->arena, text_slice(&text));
    text_fini(&text);
    return copy;
}

/* <value>, <list><value>..., <array>, <set>. */
static void load_values(struct configurer *c, const xmlNode *node)
{
    for (const xmlNode *n = node->children; n; n = n->next) {
        if (is_named(n, "value")) {
            c->place = walk_place(c->walk, n);
            load_files(c, own_text(c->walk, n));
        } else if (n->type == XML_ELEMENT_NODE) {
            load_values(c, n);
        }
    }
}

/* <property name="properties"> with <value>a=b</value> or <props><prop key="a">b</prop></props>. */
static void read_inline(struct configurer *c, const xmlNode *node)
{
    for (const xmlNode *n = node->children; n; n = n->next) {
        struct text_error error;

        if (is_named(n, "value")) {
            if (properties_parse(slice_of_text(own_text(c->walk, n)), c->walk->file, add_pair,
                                 c->walk->variables, &error) != 0)
                walk_remark(c->walk, CONFIG_ERROR, walk_place(c->walk, n), "%s", error.text);
        } else if (is_named(n, "prop")) {
            const char *key = walk_attribute(c->walk, n, "key");

            if (key)
                variables_add(c->walk->variables, slice_of_text(key),
                              value_trim(own_text(c->walk, n)));
        } else if (n->type == XML_ELEMENT_NODE) {
            read_inline(c, n);
        }
    }
}

static bool is_true(const char *value)
{
    return value && strcasecmp(value, "true") == 0;
}

/* An attribute as it is written: its ${...} may need what is just being read. */
static const char *raw_attribute(struct walk *walk, const xmlNode *node, const char *name)
{
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (!a->ns && strcmp((const char *)a->name, name) == 0)
            return own_text(walk, (const xmlNode *)(const void *)a);
    return NULL;
}

static void read_flags(struct configurer *c, const xmlNode *bean)
{
    for (const xmlNode *n = bean->children; n; n = n->next) {
        const char *name = is_named(n, "property") ? walk_attribute(c->walk, n, "name") : NULL;
        bool is_on = name && is_true(walk_attribute(c->walk, n, "value"));

        if (is_on && strcmp(name, "ignoreUnresolvablePlaceholders") == 0)
            variables_keep_unknown(c->walk->variables);
        if (is_on && strcmp(name, "ignoreResourceNotFound") == 0)
            c->may_be_missing = true;
    }
}

static void read_configurer(struct walk *walk, const xmlNode *bean)
{
    struct configurer c = {.walk = walk, .place = walk_place(walk, bean)};

    read_flags(&c, bean);
    for (const xmlNode *n = bean->children; n; n = n->next) {
        const char *name = is_named(n, "property") ? walk_attribute(walk, n, "name") : NULL;
        const char *value = name ? raw_attribute(walk, n, "value") : NULL;

        if (!name)
            continue;
        c.place = walk_place(walk, n);
        if (strcmp(name, "location") == 0 || strcmp(name, "locations") == 0) {
            if (value)
                load_files(&c, value);
            load_values(&c, n);
        } else if (strcmp(name, "properties") == 0) {
            read_inline(&c, n);
        }
    }
}

static void read_placeholder_element(struct walk *walk, const xmlNode *node)
{
    struct configurer c = {.walk = walk, .place = walk_place(walk, node)};
    const char *locations = raw_attribute(walk, node, "location");

    c.may_be_missing = is_true(raw_attribute(walk, node, "ignore-resource-not-found"));
    if (is_true(raw_attribute(walk, node, "ignore-unresolvable")))
        variables_keep_unknown(walk->variables);
    if (locations)
        load_files(&c, locations);
}

static bool is_configurer(const char *class)
{
    return class && strstr(class, "Placeholder") && strstr(class, "Configurer");
}

static void read_bean(struct walk *walk, const xmlNode *node)
{
    const char *class = raw_attribute(walk, node, "class");
    struct config_place place = walk_place(walk, node);

    if (is_configurer(class))
        return;
    if (class && strcmp(class, "org.apache.activemq.broker.BrokerService") == 0)
        walk_remark(walk, CONFIG_ERROR, place,
                    "the broker is written as a Java bean: write it as <broker>");
    else if (class && strstr(class, "jasypt"))
        walk_remark(walk, CONFIG_NOTE, place,
                    "the bean %s is ignored: encrypted values are not read by this version", class);
    else if (class && (strstr(class, "insight") || strstr(class, "jetty") ||
                       strstr(class, "springframework") || strstr(class, "jolokia")))
        walk_remark(walk, CONFIG_NOTE, place, "the bean %s is ignored: it serves Java's console",
                    class);
    else
        walk_remark(walk, CONFIG_WARNING, place, "the bean %s is left out: no Java runs here",
                    class ? class : "without a class");
}

static void read_import(struct walk *walk, const xmlNode *node)
{
    const char *resource = raw_attribute(walk, node, "resource");
    struct config_place place = walk_place(walk, node);

    if (resource && strstr(resource, "jetty"))
        walk_remark(walk, CONFIG_NOTE, place, "the import of %s is ignored: there is no Jetty here",
                    resource);
    else
        walk_remark(walk, CONFIG_WARNING, place, "the import of %s is left out: no Java runs here",
                    resource ? resource : "nothing");
}

static void read_other(struct walk *walk, const xmlNode *node)
{
    const char *name = (const char *)node->name;
    struct config_place place = walk_place(walk, node);

    if (strcmp(name, "broker") == 0 || strcmp(name, "description") == 0 ||
        strcmp(name, "property-placeholder") == 0)
        return;
    if (strcmp(name, "bean") == 0)
        read_bean(walk, node);
    else if (strcmp(name, "import") == 0)
        read_import(walk, node);
    else if (strcmp(name, "jetty") == 0)
        walk_remark(walk, CONFIG_NOTE, place, "<jetty> is ignored: there is no Jetty here");
    else
        walk_remark(walk, CONFIG_WARNING, place,
                    "<%s> outside of <broker> is left out: no Java "
                    "runs here",
                    name);
}

void spring_read(struct walk *walk, const xmlNode *root)
{
    bool has_configurer = false;

    if (is_named(root, "broker"))
        has_configurer = true; /* a slip of its own is remarked on already */
    else if (!is_named(root, "beans"))
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, root),
                    "the root element is <%s>: an activemq.xml is <beans> with a <broker> in it",
                    (const char *)root->name);
    for (const xmlNode *n = root->children; n && !is_named(root, "broker"); n = n->next) {
        if (is_named(n, "property-placeholder"))
            read_placeholder_element(walk, n);
        else if (is_named(n, "bean") && is_configurer(raw_attribute(walk, n, "class")))
            read_configurer(walk, n);
        else
            continue;
        has_configurer = true;
    }
    for (const xmlNode *n = root->children; n && !is_named(root, "broker"); n = n->next)
        if (n->type == XML_ELEMENT_NODE)
            read_other(walk, n);
    walk->lacks_configurer = !has_configurer;
}

const char *spring_missing_broker(const xmlNode *root)
{
    for (const xmlNode *n = root->children; n; n = n->next)
        if (is_named(n, "import"))
            return ": imported files are not read, name the one that holds it";
    return "";
}
