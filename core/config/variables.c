/* SPDX-License-Identifier: Apache-2.0 */
#include "variables.h"
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum { NESTING_MAX = 20, VALUE_BYTES_MAX = 65536 };

struct variables {
    struct arena *arena;
    const struct config_source *source;
    struct config_option *from_files, *from_system;
    size_t file_count, system_count;
    bool keeps_unknown;
};

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static void add_system(struct variables *v, const char *name, const char *value)
{
    struct config_option *option;

    if (!value)
        return;
    option = ARENA_APPEND(v->arena, v->from_system, v->system_count);
    *option = (struct config_option){name, arena_copy_text(v->arena, value)};
}

/* "-Dname=value" words of the options a start script hands to Java. */
static void add_java_options(struct variables *v, const char *options)
{
    char *rest = arena_copy_text(v->arena, options ? options : "");
    char *word;

    while ((word = strsep(&rest, " \t\n"))) {
        char *equals = strchr(word, '=');
        size_t len = strlen(word);

        if (strncmp(word, "-D", 2) != 0 || !equals)
            continue;
        if (len > 0 && (word[len - 1] == '"' || word[len - 1] == '\''))
            word[len - 1] = '\0';
        *equals = '\0';
        equals++;
        add_system(v, word + 2, *equals == '"' || *equals == '\'' ? equals + 1 : equals);
    }
}

static const char *directory_of(struct arena *arena, const char *file)
{
    return dirname(arena_copy_text(arena, file));
}

/* Without ACTIVEMQ_BASE a file in a directory "conf" has its base one up, any other in ".". */
static const char *base_of(struct arena *arena, const char *conf)
{
    const char *name = basename(arena_copy_text(arena, conf));

    return strcmp(name, "conf") == 0 ? directory_of(arena, conf) : ".";
}

static void add_activemq_names(struct variables *v)
{
    const char *beside = directory_of(v->arena, v->source->file);
    const char *base = environment("ACTIVEMQ_BASE"), *home = environment("ACTIVEMQ_HOME");
    const char *conf = environment("ACTIVEMQ_CONF"), *data = environment("ACTIVEMQ_DATA");

    base = base ? base : home;
    if (!conf)
        conf = base ? arena_format(v->arena, "%s/conf", base) : beside;
    if (!base)
        base = base_of(v->arena, conf);
    if (!data)
        data = arena_format(v->arena, "%s/data", base);
    add_system(v, "activemq.home", home ? home : base);
    add_system(v, "activemq.base", base);
    add_system(v, "activemq.conf", conf);
    add_system(v, "activemq.data", data);
    add_system(v, "activemq.classpath", conf);
    add_system(v, "jolokia.conf", arena_format(v->arena, "file:%s/jolokia-access.xml", conf));
}

static void add_java_names(struct variables *v)
{
    const struct passwd *user = getpwuid(geteuid());
    const char *tmp = environment("ACTIVEMQ_TMP");
    char cwd[PATH_MAX];

    add_system(v, "java.io.tmpdir", tmp ? tmp : "/tmp");
    add_system(v, "user.name", user ? user->pw_name : environment("USER"));
    add_system(v, "user.home", user ? user->pw_dir : environment("HOME"));
    add_system(v, "user.dir", getcwd(cwd, sizeof cwd));
    add_system(v, "file.separator", "/");
}

struct variables *variables_create(struct arena *arena, const struct config_source *source)
{
    struct variables *v = arena_alloc(arena, sizeof *v);

    v->arena = arena;
    v->source = source;
    add_activemq_names(v);
    add_java_names(v);
    add_java_options(v, environment("ACTIVEMQ_OPTS"));
    return v;
}

void variables_add(struct variables *v, struct slice name, struct slice value)
{
    struct config_option *option = ARENA_APPEND(v->arena, v->from_files, v->file_count);

    option->name = arena_copy(v->arena, name);
    option->value = arena_copy(v->arena, value);
}

void variables_keep_unknown(struct variables *v)
{
    v->keeps_unknown = true;
}

const char *variables_find(const struct variables *v, const char *name)
{
    for (size_t i = v->source->variable_count; i > 0; i--)
        if (strcmp(v->source->variables[i - 1].name, name) == 0)
            return v->source->variables[i - 1].value;
    for (size_t i = v->file_count; i > 0; i--)
        if (strcmp(v->from_files[i - 1].name, name) == 0)
            return v->from_files[i - 1].value;
    for (size_t i = 0; i < v->system_count; i++)
        if (strcmp(v->from_system[i].name, name) == 0)
            return v->from_system[i].value;
    return strchr(name, '=') || !*name ? NULL : getenv(name);
}

static int resolve(const struct variables *v, struct slice in, struct text *out, int depth,
                   struct text_error *error);

/* The '}' that ends a placeholder whose name starts at `from`. As in Spring every '{' inside has
 * its own, so that a default may be "{pbkdf2}...". */
static size_t find_end(struct slice s, size_t from)
{
    size_t open = 1;

    for (size_t i = from; i < s.len; i++) {
        if (s.bytes[i] == '{')
            open++;
        else if (s.bytes[i] == '}' && --open == 0)
            return i;
    }
    return s.len;
}

static int add_known(const struct variables *v, const char *name, const char *value,
                     struct text *out, int depth, struct text_error *error)
{
    if (strncmp(value, "ENC(", 4) == 0) {
        text_error_set(error,
                       "${%s} is an encrypted value (ENC): they are not read by this version; "
                       "put the plain value in a file only the broker may read, or use --set",
                       name);
        return -EINVAL;
    }
    return resolve(v, slice_of_text(value), out, depth + 1, error);
}

/* `name` is the inside of a placeholder, itself resolved already. */
static int add_placeholder(const struct variables *v, const char *name, struct text *out, int depth,
                           struct text_error *error)
{
    const char *value = variables_find(v, name), *colon = strchr(name, ':');

    if (value)
        return add_known(v, name, value, out, depth, error);
    if (colon) {
        struct slice key = slice_of(name, (size_t)(colon - name));

        value = variables_find(v, arena_copy(v->arena, key));
        if (!value)
            return resolve(v, slice_of_text(colon + 1), out, depth + 1, error);
        return add_known(v, name, value, out, depth, error);
    }
    if (v->keeps_unknown) {
        text_add_format(out, "${%s}", name);
        return 0;
    }
    text_error_set(error,
                   "${%.100s} is not defined: neither --set, a property file, ACTIVEMQ_OPTS nor "
                   "the environment has it",
                   name);
    return -EINVAL;
}

static int resolve_one(const struct variables *v, struct slice inside, struct text *out, int depth,
                       struct text_error *error)
{
    struct text name;
    int rc;

    text_init(&name);
    rc = resolve(v, inside, &name, depth + 1, error);
    if (rc == 0)
        rc = add_placeholder(v, arena_copy(v->arena, text_slice(&name)), out, depth, error);
    text_fini(&name);
    return rc;
}

static int resolve(const struct variables *v, struct slice in, struct text *out, int depth,
                   struct text_error *error)
{
    if (depth > NESTING_MAX) {
        text_error_set(error, "its ${...} refer to each other without end");
        return -EINVAL;
    }
    for (size_t i = 0; i < in.len; i++) {
        size_t end;
        int rc;

        if (out->len > VALUE_BYTES_MAX) {
            text_error_set(error, "its ${...} grow beyond %d bytes", VALUE_BYTES_MAX);
            return -EINVAL;
        }
        end = in.len;
        if (in.bytes[i] == '$' && i + 1 < in.len && in.bytes[i + 1] == '{')
            end = find_end(in, i + 2);
        if (end == in.len) { /* an ordinary character, or one that opens and never ends */
            text_add_char(out, (char)in.bytes[i]);
            continue;
        }
        rc = resolve_one(v, slice_of(in.bytes + i + 2, end - i - 2), out, depth, error);
        if (rc != 0)
            return rc;
        i = end;
    }
    return 0;
}

int variables_resolve(const struct variables *v, const char *text, const char **out,
                      struct text_error *error)
{
    struct text result;
    int rc;

    if (!strstr(text, "${")) {
        *out = text;
        return 0;
    }
    text_init(&result);
    rc = resolve(v, slice_of_text(text), &result, 0, error);
    if (rc == 0 && text_failed(&result))
        rc = -ENOMEM;
    if (rc == 0)
        *out = arena_copy(v->arena, text_slice(&result));
    text_fini(&result);
    return rc;
}

static const char *without_scheme(const char *location)
{
    if (strncmp(location, "file://", 7) == 0)
        return location + 7;
    if (strncmp(location, "file:", 5) == 0)
        return location + 5;
    return location;
}

/* The class path of a start script is the directory of the file and ${activemq.conf}. */
static const char *on_class_path(const struct variables *v, const char *name)
{
    const char *beside = directory_of(v->arena, v->source->file);
    const char *path = arena_format(v->arena, "%s/%s", beside, name);

    if (access(path, F_OK) == 0)
        return path;
    return arena_format(v->arena, "%s/%s", variables_find(v, "activemq.conf"), name);
}

const char *variables_locate(const struct variables *v, const char *location)
{
    if (strncmp(location, "classpath:", 10) == 0) {
        const char *name = location + 10;

        return on_class_path(v, *name == '/' ? name + 1 : name);
    }
    if (strchr(location, ':') == NULL && *location != '/')
        return on_class_path(v, location); /* Spring's default is the class path */
    return without_scheme(location);
}
