/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* CSV files with decimal commas: read where that is the only way, or refused. */

#define _POSIX_C_SOURCE 200809L

#include "csv.h"

/* What is read of two samples, two columns of x and one of y; or the message of the refusal. */
static const struct {
    const char *text;
    wg_csv_options options;
    double x[4], y[2];
    const char *refused;
} files[] = {
    /* a comma that can only be decimal */
    {"a;b;y\n0,5;1;2\n-3,25;4,5e-1;6\n", {0}, {0.5, 1, -3.25, 0.45}, {2, 6}, NULL},
    {"a\tb\ty\n0,5\t1\t2\n3\t4,5\t6\n", {0}, {0.5, 1, 3, 4.5}, {2, 6}, NULL},
    {"a|b|y\n1|2|0,5\n3|4|1,5\n", {0}, {1, 2, 3, 4}, {0.5, 1.5}, NULL},
    {"a,b,y\n\"0,5\",1,2\n3,\"4,5\",\"6,5\"\n", {0}, {0.5, 1, 3, 4.5}, {2, 6.5}, NULL},
    {"0,5;1,5;2\n3;4;6\n", {0}, {0.5, 1.5, 3, 4}, {2, 6}, NULL},
    {"0,5;1;2\n3;4;6\n", {0}, {0}, {0}, "in two ways"},
    {"0,5;1,5;2\n3;4;6\n", {.separator = ';'}, {0.5, 1.5, 3, 4}, {2, 6}, NULL},
    {"0,5;1,5;2\n3;4;6\n", {.decimal = ','}, {0.5, 1.5, 3, 4}, {2, 6}, NULL},
    {"0,5;1;2,5\n3;4;6\n", {0}, {0.5, 1, 3, 4}, {2.5, 6}, NULL},
    {"\n 0,5 ; 1,5 ; 2,5 \n3;4;6\n", {0}, {0.5, 1.5, 3, 4}, {2.5, 6}, NULL},
    {"0,5\t1\t2\n3\t4\t6\n", {0}, {0.5, 1, 3, 4}, {2, 6}, NULL},
    {"1,234;0,5;2\n3;4;6\n", {.separator = ';'}, {1.234, 0.5, 3, 4}, {2, 6}, NULL},
    {"0,123;1;2\n3;4;6\n", {.separator = ';'}, {0.123, 1, 3, 4}, {2, 6}, NULL},
    {"1234,125;1;2\n3;4;6\n", {.separator = ';'}, {1234.125, 1, 3, 4}, {2, 6}, NULL},
    {"0,30000000000000004;1;2\n3;4;6\n", {.separator = ';'}, {0.30000000000000004, 1, 3, 4}, {2, 6}, NULL},
    {"1,234;1;2\n3;4;6\n", {.decimal = ','}, {1.234, 1, 3, 4}, {2, 6}, NULL},
    /* a point, however many commas there are */
    {"a;b;y\n0.5;1;2\n3;4.5;6\n", {0}, {0.5, 1, 3, 4.5}, {2, 6}, NULL},
    {"0,5,1\n3,4,2\n", {0}, {0, 5, 3, 4}, {1, 2}, NULL},
    {"0.5,1.5,2\n3,4,6\n", {0}, {0.5, 1.5, 3, 4}, {2, 6}, NULL},
    /* what may be a thousand, and what has numbers of both kinds */
    {"1,234;1;2\n3;4;6\n", {.separator = ';'}, {0}, {0}, "\"1,234\" is no number with a decimal point"},
    {"1;-12,345;2\n3;4;6\n", {.separator = ';'}, {0}, {0}, "\"-12,345\" is no number with a decimal point"},
    {"1,234;1.5;2\n3;4;6\n", {.separator = ';'}, {0}, {0}, "\"1,234\" is no number with a decimal point"},
    {"0,5;1;2\n3;4.5;6\n", {.separator = ';'}, {0}, {0}, "\"4.5\" is no number with a decimal comma"},
    {"0.5;1;2\n3;4,5;6\n", {0}, {0}, {0}, "\"4,5\" is no number with a decimal point"},
    {"0.5;1;2,5\n3;4;6\n", {0}, {0}, {0}, "\"2,5\" is no number with a decimal point"},
    {"a;b;y\n1.234,5;1;2\n3;4;6\n", {0}, {0}, {0}, "\"1.234,5\" is no number"},
    {"a;b;y\n0,5;1;2\n3;4;6\n", {.decimal = '.'}, {0}, {0}, "\"0,5\" is no number with a decimal point"},
    {"a;b;y\n0.5;1;2\n3;4;6\n", {.decimal = ','}, {0}, {0}, "\"0.5\" is no number with a decimal comma"},
    {"a;b;y\n0.5;1;2\n3;4;6\n", {.decimal = ';'}, {0}, {0}, "decimal is the character 59"},
};

START_TEST(each_file)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const wg_csv_options *options = &files[i].options;
        if (files[i].refused) {
            csv_refuse(
                files[i].text, options, options->decimal == ';' ? WG_INVALID : WG_FORMAT, files[i].refused);
            continue;
        }
        wg_dataset *d = csv_load(files[i].text, options);
        csv_check_x(d, 2, 2, files[i].x);
        wg_array y = wg_dataset_y(d);
        ck_assert_msg(y.dtype == WG_F64, "file %zu", i);
        ck_assert_mem_eq(y.data, files[i].y, sizeof files[i].y);
        wg_dataset_free(d);
    }
}
END_TEST

/* Words with commas, and numbers that are classes. */
START_TEST(labels)
{
    const struct {
        const char *text;
        wg_csv_options options;
        size_t classes;
        const char *first;
    } files_of_labels[] = {
        {"5,1;3,5;setosa\n5,9;3,0;virginica\n", {0}, 2, "setosa"},
        {"1;2;red,green\n3;4;blue\n", {0}, 2, "blue"},
        {"1,a;b\n3,c\n", {0}, 2, "a;b"},
        {"1;2;2,5\n3;4;1,5\n", {.labels = true}, 2, "1,5"},
        {"0,5;2;2.5\n3;4;1.5\n", {.labels = true, .separator = ';'}, 2, "1.5"},
        {"5,1;3\n6,2;4\n", {.separator = ','}, 2, "1;3"},
    };
    for (size_t i = 0; i < sizeof files_of_labels / sizeof files_of_labels[0]; i++) {
        wg_dataset *d = csv_load(files_of_labels[i].text, &files_of_labels[i].options);
        ck_assert_uint_eq(wg_dataset_class_count(d), files_of_labels[i].classes);
        ck_assert_str_eq(wg_dataset_class_name(d, 0), files_of_labels[i].first);
        wg_dataset_free(d);
    }
    csv_refuse("5,1;3\n6,2;4\n", NULL, WG_FORMAT, "with ',' or with ';' between fields; give .separator");
}
END_TEST

/* A further file is read as the first was, with the point that it has itself. */
START_TEST(like_another)
{
    wg_dataset *train = csv_load("a;y\n0,5;1\n1,5;2\n", NULL);
    wg_dataset *test = csv_load("y,a\n1,0.25\n", &(wg_csv_options){.like = train});
    csv_check_x(train, 2, 1, (const double[]){0.5, 1.5});
    csv_check_x(test, 1, 1, (const double[]){0.25});
    wg_dataset_free(test);
    wg_dataset_free(train);
}
END_TEST

TEST_MAIN("csv_decimals", each_file, labels, like_another)
