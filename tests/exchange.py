# SPDX-License-Identifier: MIT
"""Python and the library read each other's files:  exchange.py PROGRAM

PROGRAM is exchange.c's. With NumPy all formats are compared, without it safetensors only."""
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    numpy = None

program = os.path.abspath(sys.argv[1])
wrapper = os.environ.get("MESON_EXE_WRAPPER", "").split()  # meson's, for a program of another machine
passed, failed = 0, 0


def read_safetensors(path):
    """Ten lines are a reader: {name: (dtype, shape, values)}."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            code = {"F64": "d", "F32": "f", "I32": "i"}[entry["dtype"]]
            values = [value for value, in struct.iter_unpack("<" + code, data[begin:end])]
            arrays[name] = (entry["dtype"].lower(), tuple(entry["shape"]), values)
    return arrays


def of_numpy(array):
    return {"f": "f%d" % (8 * array.itemsize), "i": "i32"}[array.dtype.kind], array.shape, array.ravel().tolist()


def read_any(path):
    if path.endswith(".npz"):
        with numpy.load(path) as arrays:
            return {name: of_numpy(arrays[name]) for name in arrays.files}
    if path.endswith(".npy"):
        return {"array": of_numpy(numpy.load(path))}
    try:
        from safetensors.numpy import load_file
        return {name: of_numpy(array) for name, array in load_file(path).items()}
    except ImportError:
        return read_safetensors(path)


def said(*arguments):
    """What the program says: {file: {name: (dtype, shape, sum)}}."""
    files = {}
    text = subprocess.run([*wrapper, program, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
    for line in text.splitlines():
        file, name, dtype, shape, total = line.split(" ")
        files.setdefault(file, {})[name] = (dtype, shape, float.fromhex(total))
    return files


def compare(what, ours, theirs):
    """Names, dtypes, shapes and sums."""
    global passed, failed
    summed = {}
    for name, (dtype, shape, values) in theirs.items():
        total = 0.0
        for value in values:
            total += value
        summed[name] = (dtype, "x".join(map(str, shape)) or "1", total)
    if ours == summed:
        passed += 1
    else:
        failed += 1
        print("%s: the library says %s, Python %s" % (what, ours, summed))


def numpy_writes():
    """Each dtype in both byte orders and both orders of axes; what is read from it is f32, f64 or i32."""
    arrays = {}
    for dtype in "<f8 >f8 <f4 >f4 <f2 >f2 |i1 <i2 >i2 <i4 >i4 <i8 >i8 |u1 <u2 >u2 <u4 >u4 <u8 >u8 |b1".split():
        values = numpy.arange(24).reshape(2, 3, 4) - (6 if dtype[1] in "fi" else 0)
        arrays[dtype[1:] + ("big" if dtype[0] == ">" else "")] = values.astype(dtype)
    arrays["columns"] = numpy.asfortranarray(numpy.linspace(0, 1, 12).reshape(3, 4))
    arrays["scalar"] = numpy.array(2.5)
    arrays["none"] = numpy.zeros((0, 2), dtype="f4")
    wanted = {}
    for name, array in arrays.items():
        dtype = "f64" if array.dtype.itemsize == 8 else "f32"
        wanted[name] = (dtype if array.dtype.kind == "f" else "i32", array.shape, array.ravel().tolist())
    numpy.savez("savez.npz", **arrays)
    compare("savez.npz", said("read", "savez.npz")["savez.npz"], wanted)
    for name, array in arrays.items():
        numpy.save("save.npy", array)
        compare(name, said("read", "save.npy")["save.npy"], {"array": wanted[name]})
    numpy.savez_compressed("compressed.npz", **arrays)
    result = subprocess.run([program, "read", "compressed.npz"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if b"without zlib" not in result.stderr:
        compare("compressed.npz", said("read", "compressed.npz")["compressed.npz"], wanted)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for file, arrays in said("write").items():
        if numpy or file.endswith(".safetensors"):
            compare(file, arrays, read_any(file))
    if numpy:
        numpy_writes()
    os.chdir("/")
print("exchange: %d passed, %d failed" % (passed, failed))
sys.exit(failed != 0 or passed == 0)
