/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* options.h - the command line of a demo, from a table:
 *
 *     size_t epochs = 0;
 *     const struct option options[] = {{"--epochs", "N", OPTION_COUNT, &epochs, "passes over the data"}};
 *     switch (read_options(argc, argv, "what the demo does", options, 1)) ...
 */
#ifndef DEMOS_OPTIONS_H
#define DEMOS_OPTIONS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_kind {
    OPTION_FLAG,  /* bool: true when given */
    OPTION_TEXT,  /* const char * */
    OPTION_COUNT, /* size_t, from 1 to a million million */
    OPTION_SEED   /* uint64_t */
};

struct option {
    const char *name, *argument;
    enum option_kind kind;
    void *value;
    const char *help;
};

enum options_result { OPTIONS_READ, OPTIONS_HELP, OPTIONS_WRONG };

/* A whole number in decimal digits; strtoull alone would take "-1" and "7 apples". */
static inline bool option_number(
    const char *text, unsigned long long least, unsigned long long most, unsigned long long *number)
{
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9')
        return false;
    *number = strtoull(text, &end, 10);
    return *end == 0 && errno == 0 && *number >= least && *number <= most;
}

static inline bool option_set(const struct option *option, const char *text)
{
    const unsigned long long most = 1000000000000;
    unsigned long long number = 0;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->value = true;
        return true;
    case OPTION_TEXT:
        *(const char **)option->value = text;
        return *text != 0;
    case OPTION_COUNT:
        if (!option_number(text, 1, most, &number))
            return false;
        *(size_t *)option->value = (size_t)number;
        return true;
    case OPTION_SEED:
        if (!option_number(text, 0, UINT64_MAX, &number))
            return false;
        *(uint64_t *)option->value = number;
        return true;
    }
    return false;
}

static inline void options_help(
    const char *program, const char *about, const struct option *options, size_t n)
{
    printf("%s: %s\n\n", program, about);
    for (size_t i = 0; i < n; i++)
        printf("  %s %-*s  %s\n", options[i].name, 14 - (int)strlen(options[i].name),
            options[i].argument ? options[i].argument : "", options[i].help);
}

/* Prints the help, or on stderr what is wrong. Arguments are "--name value" or "--name=value". */
static inline enum options_result read_options(
    int argc, char **argv, const char *about, const struct option *options, size_t n)
{
    const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    for (int i = 1; i < argc; i++) {
        size_t length = strcspn(argv[i], "="), k = 0;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options_help(program, about, options, n);
            return OPTIONS_HELP;
        }
        while (k < n && (strlen(options[k].name) != length || strncmp(options[k].name, argv[i], length) != 0))
            k++;
        bool glued = argv[i][length] == '=', flag = k < n && options[k].kind == OPTION_FLAG;
        if (k == n || (flag && glued)) {
            fprintf(stderr, "%s: unknown option %s (--help lists them)\n", program, argv[i]);
            return OPTIONS_WRONG;
        }
        if (!flag && !glued && i + 1 == argc) {
            fprintf(stderr, "%s: %s needs a value: %s\n", program, options[k].name, options[k].help);
            return OPTIONS_WRONG;
        }
        const char *text = flag ? "" : glued ? argv[i] + length + 1 : argv[++i];
        if (!option_set(&options[k], text)) {
            fprintf(stderr, "%s: %s \"%s\": %s\n", program, options[k].name, text,
                options[k].kind == OPTION_TEXT    ? "a name is needed"
                : options[k].kind == OPTION_COUNT ? "a whole number from 1 on is needed"
                                                  : "a whole number from 0 on is needed");
            return OPTIONS_WRONG;
        }
    }
    return OPTIONS_READ;
}

#endif
