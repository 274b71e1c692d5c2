/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Parameters kept in files, and trainings that go on where they stopped. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <wengert/checkpoint.h>
#include <wengert/layers.h>
#include <wengert/loss.h>
#include <wengert/math.h>
#include <wengert/norm.h>
#include <wengert/random.h>

#include "alloc.h"
#include "files.h"
#include "harness.h"

static wg_params *store(wg_dtype dtype)
{
    return wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 3});
}

/* Two parameters and a buffer. */
static wg_params *example(wg_dtype dtype)
{
    wg_params *p = store(dtype);
    const wg_init third = wg_init_constant(1.0 / 3);
    ck_assert_int_eq(wg_params_add(p, "fc.weight", WG_SHAPE(3, 4), NULL, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add_buffer(p, "bn.mean", WG_SHAPE(4), &third, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "s", wg_shape_scalar(), &third, NULL), WG_OK);
    return p;
}

static void save(const wg_params *p, const char *path)
{
    wg_error error = {0};
    ck_assert_msg(wg_params_save(p, path, &error) == WG_OK, "%s", error.message);
}

static void load(wg_params *p, const char *path)
{
    wg_error error = {0};
    ck_assert_msg(wg_params_load(p, path, NULL, &error) == WG_OK, "%s", error.message);
}

/* ---- Parameters ------------------------------------------------------------------------------------ */

START_TEST(saved_and_loaded)
{
    files_enter("checkpoint");
    for (int is_float = 0; is_float < 2; is_float++) {
        wg_params *p = example(is_float ? WG_F32 : WG_F64), *empty = store(is_float ? WG_F32 : WG_F64),
                  *other = example(is_float ? WG_F32 : WG_F64);
        save(p, "p");
        load(empty, "p");
        ck_assert(wg_params_equal(p, empty));
        ck_assert(wg_params_at(empty, 1).buffer && !wg_params_at(empty, 0).buffer);
        memset(wg_params_value(other, 0), 0, 12 * wg_dtype_size(wg_params_dtype(other)));
        wg_params_seal(other);
        load(other, "p");
        ck_assert(wg_params_equal(p, other));
        wg_params_free(p), wg_params_free(empty), wg_params_free(other);
    }
    files_leave();
}
END_TEST

START_TEST(notes_say_what_it_is)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F32);
    save(p, "p");
    wg_archive *archive = wg_safetensors_read("p", NULL, NULL);
    ck_assert_str_eq(wg_archive_name(archive, 0), "fc.weight");
    ck_assert_str_eq(wg_archive_note_of(archive, "wengert.kind"), "parameters");
    ck_assert_str_eq(wg_archive_note_of(archive, "wengert.version"), wg_version());
    ck_assert_ptr_nonnull(strstr(wg_archive_note_of(archive, "wengert.layout"), "dense weight [in, out]"));
    ck_assert_ptr_nonnull(wg_archive_note_of(archive, "wengert.buffer.bn.mean"));
    ck_assert_ptr_null(wg_archive_note_of(archive, "wengert.buffer.s"));
    wg_archive_free(archive);
    wg_params_free(p);
    files_leave();
}
END_TEST

START_TEST(dtypes_are_converted)
{
    files_enter("checkpoint");
    wg_params *d = example(WG_F64), *f = example(WG_F32), *from_f = store(WG_F64), *from_d = store(WG_F32);
    save(d, "d"), save(f, "f");
    load(from_f, "f"), load(from_d, "d");
    double s = 0;
    ck_assert_int_eq(wg_params_read(from_f, "s", &s, 1), WG_OK);
    ck_assert_double_eq(s, (double)(1.0f / 3));
    ck_assert_int_eq(wg_params_read(from_d, "s", &s, 1), WG_OK);
    ck_assert_double_eq(s, (double)(float)(1.0 / 3));
    wg_params_free(d), wg_params_free(f), wg_params_free(from_f), wg_params_free(from_d);
    files_leave();
}
END_TEST

/* A file that knows nothing of us, with integers and a NaN. */
START_TEST(arrays_of_others)
{
    files_enter("checkpoint");
    static const float x[2] = {NAN, 2};
    static const int32_t n[1] = {-7};
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, "x", WG_FLOATS(x, 2), NULL);
    wg_archive_add(archive, "n", WG_INTS(n, 1), NULL);
    ck_assert_int_eq(wg_safetensors_write("a", archive, NULL), WG_OK);
    wg_params *p = store(WG_F64);
    load(p, "a");
    const double *values = wg_params_value(p, 0);
    ck_assert(isnan(values[0]) && values[1] > 1.9 && !wg_params_at(p, 0).buffer);
    ck_assert_double_eq(*(double *)wg_params_value(p, 1), -7);
    wg_params_free(p);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

/* Loads "p" into `into` strictly, in vain: message, report, and the store as it was. */
static void refused(
    wg_params *into, wg_status status, const char *text, const wg_params_load_report *expected)
{
    wg_error error = {0};
    wg_params_load_report report;
    wg_params *before = wg_params_new(NULL);
    wg_params_copy(before, into, NULL);
    ck_assert_int_eq(wg_params_load(into, "p", &(wg_params_load_options){.report = &report}, &error), status);
    ck_assert_str_eq(error.message, text);
    ck_assert(wg_params_equal(before, into));
    ck_assert(report.loaded == expected->loaded && report.missing == expected->missing &&
              report.extra == expected->extra && report.misfit == expected->misfit);
    ck_assert_str_eq(report.missing_names, expected->missing_names);
    ck_assert_str_eq(report.extra_names, expected->extra_names);
    ck_assert_str_eq(report.misfit_names, expected->misfit_names);
    wg_params_free(before);
}

START_TEST(strict_means_all_and_no_other)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64), *less = store(WG_F64), *more = example(WG_F64), *turned = store(WG_F64);
    save(p, "p");
    wg_params_add(less, "fc.weight", WG_SHAPE(3, 4), NULL, NULL);
    wg_params_add(more, "fc2.weight", WG_SHAPE(3), NULL, NULL);
    wg_params_add(turned, "fc.weight", WG_SHAPE(4, 3), NULL, NULL);
    wg_params_add_buffer(turned, "bn.mean", WG_SHAPE(4), NULL, NULL);
    wg_params_add(turned, "s", wg_shape_scalar(), NULL, NULL);
    refused(less, WG_NAME, "p does not hold the arrays of this store: 2 too many: bn.mean, s",
        &(wg_params_load_report){.loaded = 1, .extra = 2, .extra_names = "bn.mean, s"});
    refused(more, WG_NAME, "p does not hold the arrays of this store: 1 missing: fc2.weight",
        &(wg_params_load_report){.loaded = 3, .missing = 1, .missing_names = "fc2.weight"});
    refused(turned, WG_BAD_SHAPE,
        "p does not hold the arrays of this store: 1 of another shape: fc.weight [3, 4] (here [4, 3])",
        &(wg_params_load_report){.loaded = 2, .misfit = 1, .misfit_names = "fc.weight [3, 4] (here [4, 3])"});
    wg_params_free(p), wg_params_free(less), wg_params_free(more), wg_params_free(turned);
    files_leave();
}
END_TEST

START_TEST(lenient_means_what_fits)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64), *other = store(WG_F64);
    const wg_init seven = wg_init_constant(7);
    wg_params_load_report report;
    save(p, "p");
    wg_params_add(other, "fc.weight", WG_SHAPE(4, 3), &seven, NULL);
    wg_params_add(other, "s", wg_shape_scalar(), &seven, NULL);
    wg_params_add(other, "mine", wg_shape_scalar(), &seven, NULL);
    ck_assert_int_eq(
        wg_params_load(other, "p", &(wg_params_load_options){.lenient = true, .report = &report}, NULL),
        WG_OK);
    ck_assert(report.loaded == 1 && report.missing == 1 && report.extra == 1 && report.misfit == 1);
    ck_assert_str_eq(report.missing_names, "mine");
    ck_assert_str_eq(report.extra_names, "bn.mean");
    ck_assert_double_eq(*(double *)wg_params_value(other, 0), 7);
    ck_assert_double_eq(*(double *)wg_params_value(other, 1), 1.0 / 3);
    ck_assert_double_eq(*(double *)wg_params_value(other, 2), 7);
    ck_assert_uint_eq(wg_params_count(other), 3);
    wg_params_free(p), wg_params_free(other);
    files_leave();
}
END_TEST

/* A file of another framework's, without a note of ours: matrices that may lie the other way are not taken as
 * they are without a word, and are turned when that is asked for. */
START_TEST(matrices_that_may_lie_the_other_way)
{
    static const float square[4] = {1, 2, 3, 4}, wide[6] = {1, 2, 3, 4, 5, 6};
    static const int32_t ints[4] = {1, 2, 3, 4};
    static const double turned_square[4] = {1, 3, 2, 4}, turned_wide[6] = {1, 4, 2, 5, 3, 6};
    files_enter("checkpoint");
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, "a.weight", WG_FLOATS(square, 2, 2), NULL);
    wg_archive_add(archive, "b.weight", WG_FLOATS(wide, 2, 3), NULL);
    wg_archive_add(archive, "one", WG_FLOATS(square, 1, 1), NULL);
    wg_archive_add(archive, "stack", WG_FLOATS(square, 2, 2, 1), NULL);
    wg_archive_add(archive, "i", WG_INTS(ints, 2, 2), NULL);
    ck_assert_int_eq(wg_safetensors_write("p", archive, NULL), WG_OK);
    for (int i = 0; i < 4; i++) { /* a store of either type, with arrays or none */
        wg_dtype dtype = i % 2 ? WG_F32 : WG_F64;
        wg_params *p = store(dtype), *q = store(dtype);
        for (int k = 0; k < 2 && i / 2; k++) {
            wg_params *s = k ? q : p;
            wg_params_add(s, "i", WG_SHAPE(2, 2), NULL, NULL);
            wg_params_add(s, "b.weight", k ? WG_SHAPE(3, 2) : WG_SHAPE(2, 3), NULL, NULL);
            wg_params_add(s, "a.weight", WG_SHAPE(2, 2), NULL, NULL);
            wg_params_add(s, "stack", WG_SHAPE(2, 2, 1), NULL, NULL);
            wg_params_add(s, "one", WG_SHAPE(1, 1), NULL, NULL);
        }
        wg_params_load_report report;
        wg_error error = {0};
        double got[6];
        ck_assert_int_eq(
            wg_params_load(p, "p", &(wg_params_load_options){.report = &report}, &error), WG_BAD_SHAPE);
        ck_assert_msg(
            strstr(error.message, "no note of how dense weights lie, and 2 square matrices may lie the "
                                  "other way: a.weight, i; say it by .dense"),
            "%s", error.message);
        ck_assert(report.square == 2 && strcmp(report.square_names, "a.weight, i") == 0);
        ck_assert_uint_eq(wg_params_count(p), i / 2 ? 5 : 0);
        wg_params_load_options o = {.dense = WG_DENSE_IN_OUT, .report = &report};
        ck_assert_int_eq(wg_params_load(p, "p", &o, NULL), WG_OK);
        ck_assert(report.square == 0 && report.loaded == 5);
        ck_assert(wg_params_read(p, "a.weight", got, 4) == WG_OK && got[1] == 2);
        o.dense = WG_DENSE_OUT_IN;
        ck_assert_int_eq(wg_params_load(q, "p", &o, NULL), WG_OK);
        ck_assert_uint_eq(report.loaded, 5);
        ck_assert_int_eq(wg_params_read(q, "a.weight", got, 4), WG_OK);
        ck_assert_mem_eq(got, turned_square, sizeof turned_square);
        ck_assert_int_eq(wg_params_read(q, "i", got, 4), WG_OK);
        ck_assert_mem_eq(got, turned_square, sizeof turned_square);
        ck_assert_int_eq(wg_params_read(q, "b.weight", got, 6), WG_OK);
        ck_assert_mem_eq(got, turned_wide, sizeof turned_wide);
        ck_assert(wg_params_read(q, "stack", got, 4) == WG_OK && got[1] == 2);
        o = (wg_params_load_options){.lenient = true, .report = &report};
        ck_assert_int_eq(wg_params_load(p, "p", &o, NULL), WG_OK);
        ck_assert(report.square == 2 && report.loaded == 5);
        o.dense = (wg_dense_layout)3;
        ck_assert_int_eq(wg_params_load(p, "p", &o, &error), WG_BAD_SHAPE); /* the first error stays */
        wg_error_clear(&error);
        ck_assert_int_eq(wg_params_load(p, "p", &o, &error), WG_INVALID);
        ck_assert_str_eq(error.message, "p: .dense is 3");
        save(p, "ours"); /* what has our note is as it says */
        load(p, "ours");
        wg_params_free(p), wg_params_free(q);
    }
    wg_archive_free(archive);
    files_leave();
}
END_TEST

/* A hundred names: the report says how many, and as many names as it has room for. */
START_TEST(long_lists_are_cut)
{
    files_enter("checkpoint");
    wg_params *many = store(WG_F32), *one = store(WG_F32), *empty = store(WG_F32);
    wg_params_load_report report;
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer%d.weight", i);
        wg_params_add(many, name, WG_SHAPE(1), NULL, NULL);
    }
    wg_params_add(one, "one", WG_SHAPE(1), NULL, NULL);
    save(many, "p");
    wg_error error = {0};
    ck_assert_int_eq(wg_params_load(one, "p", &(wg_params_load_options){.report = &report}, &error), WG_NAME);
    size_t length = strlen(report.extra_names);
    ck_assert(report.extra == 100 && length > 200 && strcmp(report.extra_names + length - 5, ", ...") == 0);
    ck_assert_ptr_nonnull(
        strstr(error.message, "1 missing: one; 100 too many: layer0.weight, layer1.weight"));
    ck_assert_int_eq(wg_params_load(empty, "p", &(wg_params_load_options){.report = &report}, NULL), WG_OK);
    ck_assert(report.loaded == 100 && report.extra == 0 && report.extra_names[0] == 0);
    wg_params_free(many), wg_params_free(one), wg_params_free(empty);
    files_leave();
}
END_TEST

START_TEST(loading_makes_tapes_stale)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64);
    wg_tape *tape = wg_tape_new(NULL);
    save(p, "p");
    wg_var y = wg_square(wg_param(p, tape, "s", wg_shape_scalar(), NULL));
    load(p, "p");
    ck_assert_int_eq(wg_backward(y), WG_STALE);
    wg_tape_free(tape);
    wg_params_free(p);
    files_leave();
}
END_TEST

START_TEST(errors)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64), *sealed = store(WG_F64), *odd = store(WG_F64);
    wg_error error = {0};
    save(p, "p");
    wg_params_seal(sealed);
    ck_assert_int_eq(wg_params_load(sealed, "p", NULL, NULL), WG_NAME);
    ck_assert_uint_eq(wg_params_count(sealed), 0);
    ck_assert_int_eq(wg_params_load(NULL, "p", NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_load(p, NULL, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_load(p, "none", NULL, &error), WG_FILE);
    ck_assert_str_eq(error.message, "none: No such file or directory");
    ck_assert_int_eq(wg_params_load(p, "p", NULL, &error), WG_FILE); /* the first error stays */
    ck_assert_int_eq(wg_params_save(p, "q", &error), WG_FILE);
    ck_assert_int_eq(wg_params_save(NULL, "q", NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_save(p, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_save(p, "no/q", NULL), WG_FILE);
    wg_params_add(odd, "\xFF", WG_SHAPE(1), NULL, NULL);
    ck_assert_int_eq(wg_params_save(odd, "q", NULL), WG_NAME);
    ck_assert_uint_eq(files_count(), 1);
    wg_params_free(p), wg_params_free(sealed), wg_params_free(odd);
    files_leave();
}
END_TEST

/* ---- When things go wrong -------------------------------------------------------------------------- */

/* Stores of one number, in all elements: a file that is half of two saves would be seen. */
static wg_params *uniform(double value)
{
    wg_params *p = store(WG_F64);
    const wg_init init = wg_init_constant(value);
    ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(100, 1000), &init, NULL), WG_OK);
    return p;
}

static void save_forever(void)
{
    wg_params *stores[3] = {uniform(1), uniform(2), uniform(3)};
    for (size_t i = 0;; i = (i + 1) % 3)
        if (wg_params_save(stores[i], "p", NULL) != WG_OK)
            _exit(1);
}

START_TEST(killed_saves_leave_a_whole_file)
{
    files_enter("checkpoint");
    wg_params *p = uniform(1);
    save(p, "p");
    wg_params_free(p);
    srand(1);
    for (int i = 0; i < 60; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            save_forever();
        nanosleep(&(struct timespec){.tv_nsec = 1000 * (rand() % 20000)}, NULL);
        ck_assert(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        wg_params *found = store(WG_F64);
        load(found, "p"); /* which checks the checksum */
        const double *w = wg_params_value(found, 0);
        for (size_t k = 1; k < 100000; k++)
            ck_assert_double_eq(w[k], w[0]);
        wg_params_free(found);
    }
    files_leave();
}
END_TEST

/* In a child, since the limit cannot be taken back. */
static int save_on_a_full_disk(void)
{
    wg_error error = {0};
    wg_params *p = uniform(2);
    const struct rlimit limit = {300000, 300000};
    signal(SIGXFSZ, SIG_IGN);
    bool failed = setrlimit(RLIMIT_FSIZE, &limit) == 0 && wg_params_save(p, "p", &error) == WG_FILE;
    wg_params_free(p);
    return failed && strstr(error.message, "p: cannot be written at offset 300000: ") ? 0 : 1;
}

START_TEST(a_full_disk_leaves_the_old_file)
{
    files_enter("checkpoint");
    wg_params *p = uniform(1), *found = store(WG_F64);
    save(p, "p");
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        wg_params_free(p), wg_params_free(found); /* valgrind looks for leaks here too */
        _exit(save_on_a_full_disk());
    }
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    ck_assert_uint_eq(files_count(), 1);
    load(found, "p");
    ck_assert(wg_params_equal(p, found));
    wg_params_free(p), wg_params_free(found);
    files_leave();
}
END_TEST

TEST_MAIN("checkpoint", saved_and_loaded, notes_say_what_it_is, dtypes_are_converted, arrays_of_others,
    strict_means_all_and_no_other, lenient_means_what_fits, matrices_that_may_lie_the_other_way,
    long_lists_are_cut, loading_makes_tapes_stale, errors, killed_saves_leave_a_whole_file,
    a_full_disk_leaves_the_old_file)
