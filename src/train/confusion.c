/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The confusion matrix as a table. */
#include <wengert/fit.h>

#include <stdio.h>
#include <string.h>
#include "base/format.h"

/* A class's name, or its number. */
static const char *name_of(const wg_dataset *names, size_t i, char *text, size_t size)
{
    const char *name = wg_dataset_class_name(names, i);
    snprintf(text, size, "%zu", i);
    return name ? name : text;
}

static void share(FILE *file, size_t part, size_t whole)
{
    if (whole)
        wg__format_to(file, "  %6.2f %%", 100 * (double)part / (double)whole);
    else
        fprintf(file, "  %8s", "-");
}

wg_status wg_confusion_print(const size_t *matrix, size_t classes, const wg_dataset *names, FILE *file)
{
    if (!matrix || !file)
        return WG_INVALID;
    char text[32];
    int width = 5;
    size_t right = 0, all = 0;
    for (size_t i = 0; i < classes; i++) {
        int length = (int)strlen(name_of(names, i, text, sizeof text));
        width = length > width ? length : width;
    }
    width = width < 12 ? width : 12;
    fprintf(file, "%*s", width, "label");
    for (size_t i = 0; i < classes; i++)
        fprintf(file, " %*.*s", width, width, name_of(names, i, text, sizeof text));
    fprintf(file, "  %8s  %8s\n", "recall", "precis.");
    for (size_t i = 0; i < classes; i++) {
        size_t row = 0, column = 0;
        fprintf(file, "%*.*s", width, width, name_of(names, i, text, sizeof text));
        for (size_t j = 0; j < classes; j++) {
            fprintf(file, " %*zu", width, matrix[i * classes + j]);
            row += matrix[i * classes + j];
            column += matrix[j * classes + i];
        }
        share(file, matrix[i * classes + i], row);
        share(file, matrix[i * classes + i], column);
        fprintf(file, "\n");
        right += matrix[i * classes + i];
        all += row;
    }
    fprintf(file, "%zu of %zu right:", right, all);
    share(file, right, all);
    fprintf(file, "\n");
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}
