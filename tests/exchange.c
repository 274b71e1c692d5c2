/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* exchange.c - one half of a conversation about files; the other is exchange.py.
 *
 *     exchange write       writes store.safetensors, arrays.npz and array.npy, and says what is in them
 *     exchange read FILE   reads a file, by its name's ending, and says what is in it
 *
 * A line for each array: FILE NAME DTYPE SHAPE SUM, the shape as 3x4 (a scalar's as 1), the sum of all
 * elements, in their order and in double, exactly. */
#include <stdio.h>
#include <string.h>
#include <wengert/checkpoint.h>

static double element(const wg_array *array, size_t i)
{
    return array->dtype == WG_F64   ? ((const double *)array->data)[i]
           : array->dtype == WG_F32 ? (double)((const float *)array->data)[i]
                                    : ((const int32_t *)array->data)[i];
}

static void describe(const char *file, const char *name, wg_array array)
{
    size_t count;
    double sum = 0;
    wg_shape_count(&array.shape, &count);
    printf("%s %s %s ", file, name, wg_dtype_name(array.dtype));
    for (size_t i = 0; i < array.shape.rank; i++)
        printf(i ? "x%zu" : "%zu", array.shape.dim[i]);
    for (size_t i = 0; i < count; i++)
        sum += element(&array, i);
    printf("%s %a\n", array.shape.rank ? "" : "1", sum);
}

static void describe_all(const char *file, const wg_archive *archive)
{
    for (size_t i = 0; i < wg_archive_count(archive); i++)
        describe(file, wg_archive_name(archive, i), wg_archive_at(archive, i));
}

static void write_store(wg_error *error)
{
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    wg_params_add(params, "fc1.weight", WG_SHAPE(20, 30), NULL, error);
    wg_params_add_buffer(params, "bn1.mean", WG_SHAPE(30), NULL, error);
    wg_params_add(params, "scale", wg_shape_scalar(), NULL, error);
    wg_params_add(params, "none", WG_SHAPE(0, 3), NULL, error);
    wg_params_save(params, "store.safetensors", error);
    for (size_t i = 0; i < wg_params_count(params); i++) {
        wg_param_info a = wg_params_at(params, i);
        describe("store.safetensors", a.name, wg_array_of(a.value, WG_F32, a.shape));
    }
    wg_params_free(params);
}

static void write_arrays(wg_error *error)
{
    static const double doubles[6] = {0.1, 0.2, -0.3, 1e10, 5e-324, 7};
    static const float floats[4] = {0.5f, 1e-45f, 3, -4};
    static const int32_t ints[3] = {1, -2147483647, 3};
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, "d", WG_DOUBLES(doubles, 1, 2, 3), error);
    wg_archive_add(archive, "f", WG_FLOATS(floats, 4), error);
    wg_archive_add(archive, "n\xC3\xBC", WG_INTS(ints, 3, 1), error);
    wg_archive_add(archive, "scalar", wg_array_of(doubles, WG_F64, wg_shape_scalar()), error);
    wg_archive_add(archive, "none", WG_FLOATS(NULL, 2, 0), error);
    wg_npz_write("arrays.npz", archive, error);
    wg_npy_write("array.npy", wg_archive_at(archive, 0), error);
    describe_all("arrays.npz", archive);
    describe("array.npy", "array", wg_archive_at(archive, 0));
    wg_archive_free(archive);
}

static void read_file(const char *path, wg_error *error)
{
    const char *ending = strrchr(path, '.');
    wg_archive *archive = ending && strcmp(ending, ".npz") == 0   ? wg_npz_read(path, NULL, error)
                          : ending && strcmp(ending, ".npy") == 0 ? wg_npy_read(path, NULL, error)
                                                                  : wg_safetensors_read(path, NULL, error);
    describe_all(path, archive);
    wg_archive_free(archive);
}

int main(int argc, char **argv)
{
    wg_error error = {0};
    if (argc == 2 && strcmp(argv[1], "write") == 0) {
        write_store(&error);
        write_arrays(&error);
    } else if (argc == 3 && strcmp(argv[1], "read") == 0) {
        read_file(argv[2], &error);
    } else {
        fprintf(stderr, "exchange write | exchange read FILE\n");
        return 2;
    }
    if (error.status != WG_OK)
        fprintf(stderr, "exchange: %s\n", error.message);
    return error.status != WG_OK;
}
