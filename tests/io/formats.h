/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formats.h - every reader and every writer of files, to be looped over. Readers find their good file under
 * formats_readers[i].file after formats_write_all(), and read any other path too. */
#ifndef WG_TESTS_FORMATS_H
#define WG_TESTS_FORMATS_H

#include <string.h>
#include <wengert/wengert.h>

#include "files.h"
#include "gzip.h"
#include "npy_files.h"

/* ---- A store, and what goes with it ---------------------------------------------------------------- */

typedef struct formats_store {
    wg_params *params;
    wg_optim *optim;
    wg_archive *archive; /* of three types */
} formats_store;

static const double formats_numbers[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const int32_t formats_integers[3] = {1, -2, 3};
static const float formats_pixels[12] = {0, 0.25f, 0.5f, 1};
static const wg_tile formats_tile = {.grey = formats_pixels, .rows = 3, .columns = 4};

static inline void formats_store_close(formats_store *s)
{
    wg_archive_free(s->archive);
    wg_optim_free(s->optim);
    wg_params_free(s->params);
}

static inline bool formats_store_open(formats_store *s)
{
    *s = (formats_store){.params = wg_params_new(&(wg_params_options){.threads = 1})};
    s->archive = wg_archive_new(NULL);
    bool made = s->params && s->archive &&
                wg_params_add(s->params, "w", WG_SHAPE(2, 3), NULL, NULL) == WG_OK &&
                wg_params_add_buffer(s->params, "m", WG_SHAPE(3), NULL, NULL) == WG_OK &&
                wg_archive_add(s->archive, "x", WG_DOUBLES(formats_numbers, 3, 4), NULL) == WG_OK &&
                wg_archive_add(s->archive, "n", WG_INTS(formats_integers, 3), NULL) == WG_OK &&
                wg_archive_note(s->archive, "key", "a \"text\"", NULL) == WG_OK;
    s->optim = made ? wg_adam_new(s->params, NULL) : NULL;
    if (s->optim)
        return true;
    formats_store_close(s);
    return false;
}

/* ---- Writers --------------------------------------------------------------------------------------- */

typedef wg_status formats_write(const formats_store *store, const char *path, wg_error *error);

static inline wg_status formats_write_npy(const formats_store *s, const char *path, wg_error *error)
{
    return wg_npy_write(path, wg_archive_at(s->archive, 0), error);
}

static inline wg_status formats_write_npz(const formats_store *s, const char *path, wg_error *error)
{
    return wg_npz_write(path, s->archive, error);
}

static inline wg_status formats_write_safetensors(const formats_store *s, const char *path, wg_error *error)
{
    return wg_safetensors_write(path, s->archive, error);
}

static inline wg_status formats_write_params(const formats_store *s, const char *path, wg_error *error)
{
    return wg_params_save(s->params, path, error);
}

static inline wg_status formats_write_training(const formats_store *s, const char *path, wg_error *error)
{
    const wg_training training = {.params = s->params, .optim = s->optim, .extra = s->archive};
    return wg_training_save(&training, path, error);
}

static inline wg_status formats_write_tuning(const formats_store *s, const char *path, wg_error *error)
{
    (void)s;
    wg_tuning *tuning = wg_tuning_new(NULL);
    wg_status status = tuning ? wg_tuning_save(tuning, path, error) : WG_OUT_OF_MEMORY;
    wg_tuning_free(tuning);
    return status;
}

static inline wg_status formats_write_picture(const formats_store *s, const char *path, wg_error *error)
{
    (void)s;
    return wg_sheet_write(path, &formats_tile, 1, NULL, error);
}

static inline wg_status formats_write_plot(const formats_store *s, const char *path, wg_error *error)
{
    (void)s;
    const wg_plot_series series = {.y = WG_DOUBLES(formats_numbers, 12)};
    return wg_plot_write(path, &series, 1, NULL, error);
}

static const struct {
    const char *file;
    formats_write *write;
    bool ending; /* of the name counts */
} formats_writers[] = {{"w.npy", formats_write_npy, false}, {"w.npz", formats_write_npz, false},
    {"w.safetensors", formats_write_safetensors, false}, {"w.params", formats_write_params, false},
    {"w.training", formats_write_training, false}, {"w.tuning", formats_write_tuning, false},
    {"w.ppm", formats_write_picture, true}, {"w.pgm", formats_write_picture, true},
    {"w.png", formats_write_picture, true}, {"w.svg", formats_write_plot, true}};

enum { FORMATS_WRITERS = sizeof formats_writers / sizeof formats_writers[0] };

/* ---- Readers --------------------------------------------------------------------------------------- */

/* True, or false and an error. */
typedef bool formats_read(const char *path, size_t max_bytes, const wg_allocator *hook, wg_error *error);

static inline bool formats_dataset(wg_dataset *dataset)
{
    wg_dataset_free(dataset);
    return dataset != NULL;
}

static inline bool formats_archive(wg_archive *archive)
{
    wg_archive_free(archive);
    return archive != NULL;
}

static inline bool formats_read_csv(const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    return formats_dataset(wg_csv_load(path, &(wg_csv_options){.max_bytes = max, .allocator = *hook}, error));
}

static inline bool formats_read_images(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    const wg_idx_options o = {.max_bytes = max, .allocator = *hook};
    return formats_dataset(wg_idx_load(path, "labels", &o, error));
}

static inline bool formats_read_labels(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    const wg_idx_options o = {.max_bytes = max, .allocator = *hook};
    return formats_dataset(wg_idx_load("images", path, &o, error));
}

static inline bool formats_read_npy(const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    return formats_archive(
        wg_npy_read(path, &(wg_archive_read_options){.max_bytes = max, .allocator = *hook}, error));
}

static inline bool formats_read_npz(const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    return formats_archive(
        wg_npz_read(path, &(wg_archive_read_options){.max_bytes = max, .allocator = *hook}, error));
}

static inline bool formats_read_safetensors(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    return formats_archive(
        wg_safetensors_read(path, &(wg_archive_read_options){.max_bytes = max, .allocator = *hook}, error));
}

/* A good file leaves nothing out, whatever fails meanwhile. */
static inline bool formats_read_lenient(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    wg_archive_read_report report = {0};
    const wg_archive_read_options o = {
        .lenient = true, .report = &report, .max_bytes = max, .allocator = *hook};
    bool zip = strstr(path, ".npz") != NULL;
    bool read = formats_archive(zip ? wg_npz_read(path, &o, error) : wg_safetensors_read(path, &o, error));
    if (report.skipped)
        wg_error_set(error, WG_CHECK, "%s was left out", report.skipped_names);
    return read && !report.skipped;
}

static inline bool formats_read_params(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    wg_params *params = wg_params_new(&(wg_params_options){.threads = 1, .allocator = *hook});
    if (!params)
        wg_error_set(error, WG_OUT_OF_MEMORY, "no store");
    else
        wg_params_load(params, path, &(wg_params_load_options){.max_bytes = max}, error);
    wg_params_free(params);
    return error->status == WG_OK;
}

static inline bool formats_read_cifar10(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    const wg_pictures_options o = {.max_bytes = max, .allocator = *hook};
    return formats_dataset(wg_cifar10_load_files(&path, 1, &o, error));
}

static inline bool formats_read_training(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    wg_training training = {.params = wg_params_new(&(wg_params_options){.threads = 1, .allocator = *hook}),
        .max_bytes = max,
        .extra = wg_archive_new(hook)};
    training.optim = training.params ? wg_adam_new(training.params, NULL) : NULL;
    if (!training.optim || !training.extra)
        wg_error_set(error, WG_OUT_OF_MEMORY, "no training");
    else
        wg_training_load(&training, path, error);
    wg_archive_free(training.extra);
    wg_optim_free(training.optim);
    wg_params_free(training.params);
    return error->status == WG_OK;
}

/* It has no bound of its own. */
static inline bool formats_read_tuning(
    const char *path, size_t max, const wg_allocator *hook, wg_error *error)
{
    (void)max;
    wg_tuning *tuning = wg_tuning_load(path, hook, error);
    wg_tuning_free(tuning);
    return tuning != NULL;
}

static const struct {
    const char *file;
    formats_read *read;
    bool bounded; /* max_bytes counts */
    bool zlib;    /* is needed */
} formats_readers[] = {{"table.csv", formats_read_csv, true, false},
    {"table.csv.gz", formats_read_csv, true, true}, {"images", formats_read_images, true, false},
    {"labels", formats_read_labels, true, false}, {"images.gz", formats_read_images, true, true},
    {"w.npy", formats_read_npy, true, false}, {"fortran.npy", formats_read_npy, true, false},
    {"w.npz", formats_read_npz, true, false}, {"compressed.npz", formats_read_npz, true, true},
    {"w.npz", formats_read_lenient, true, false}, {"w.safetensors", formats_read_safetensors, true, false},
    {"w.safetensors", formats_read_lenient, true, false}, {"w.params", formats_read_params, true, false},
    {"records", formats_read_cifar10, true, false}, {"w.training", formats_read_training, true, false},
    {"w.tuning", formats_read_tuning, false, false}};

enum { FORMATS_READERS = sizeof formats_readers / sizeof formats_readers[0] };

/* Reads, and says whether that went well. What a build without zlib cannot read, it says. */
static inline bool formats_reads(size_t i, size_t max_bytes, const wg_allocator *hook, wg_error *error)
{
    bool read = formats_readers[i].read(formats_readers[i].file, max_bytes, hook, error);
    return read ||
           (formats_readers[i].zlib && error->status == WG_FILE && strstr(error->message, "without zlib"));
}

static inline void formats_write_all(void)
{
    static const unsigned char images[20] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4},
                               labels[10] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
    static const unsigned char table[] = "width,kind\n1.5,b\n2,a\n-3e2,b\n";
    unsigned char packed[128];
    formats_store store;
    ck_assert(formats_store_open(&store));
    for (size_t i = 0; i < FORMATS_WRITERS; i++) {
        wg_error error = {0};
        ck_assert_msg(formats_writers[i].write(&store, formats_writers[i].file, &error) == WG_OK ||
                          strstr(error.message, "without libpng"),
            "%s", error.message);
    }
    formats_store_close(&store);
    files_write("table.csv", table, sizeof table - 1);
    files_write("table.csv.gz", packed, gzip_pack(packed, table, sizeof table - 1));
    files_write("images", images, sizeof images);
    files_write("images.gz", packed, gzip_pack(packed, images, sizeof images));
    files_write("labels", labels, sizeof labels);
    files_write("fortran.npy", fortran_npy, sizeof fortran_npy);
    files_write("compressed.npz", compressed_npz, sizeof compressed_npz);
    static unsigned char record[3073];
    files_write("records", record, sizeof record);
}

#endif
