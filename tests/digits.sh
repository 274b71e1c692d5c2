#!/bin/sh
# SPDX-License-Identifier: MIT
# What a user of the demo `digits` meets: it learns, and wrong input gets a clear message and a non-zero exit.
#     digits.sh PROGRAM
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") # meson may name it from the build directory, which we leave
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0 failed=0

check() # check WHAT CONDITION...
{
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: $what"
        cat out err
        failed=$((failed + 1))
    fi
}

# refuses MESSAGE ARGUMENTS...: exit status 1, the message on stderr, nothing drawn
refuses()
{
    message=$1
    shift
    "$program" "$@" >out 2>err
    status=$?
    check "digits $* exits with 1" [ "$status" -eq 1 ]
    check "digits $* says: $message" grep -qF -e "$message" err
}

refuses 'unknown option --foo' --foo
refuses 'unknown option mnist' mnist
refuses '--epochs "0": a whole number from 1 on is needed' --epochs 0
refuses '--epochs "-1"' --epochs=-1
refuses '--batch "12x"' --batch 12x
refuses '--seed "99999999999999999999"' --seed 99999999999999999999
refuses '--threads 5000: at most 1024' --threads 5000
refuses '--model resnet: mlp, lenet or all' --model resnet
refuses '--epochs needs a value' --epochs
refuses 'unknown option --small=1' --small=1
refuses 'misread.jpg: the name of a picture ends in' --out misread.jpg
refuses 'nowhere: No such file or directory' --data nowhere
mkdir empty
refuses 'empty: holds neither train-images-idx3-ubyte nor' --data empty
printf '\0\0\010\003\0\0\0\002' >empty/train-images-idx3-ubyte
: >empty/train-labels-idx1-ubyte
refuses 'empty/train-images-idx3-ubyte: ends at offset 8' --data empty
refuses 'no/a.ppm: No such file' --out no/a.ppm
check 'that is said before the training' [ ! -s out ]
refuses 'no/a.safetensors: No such file' --model mlp --save no/a.safetensors
refuses '--save and --load are for one model' --save a.safetensors
refuses 'nothing.safetensors: No such file' --small --model mlp --load nothing.safetensors

"$program" --help >out 2>err
check '--help succeeds' [ $? -eq 0 ]
check '--help tells the options' grep -q -e '--threads T' out

"$program" --small --out a.ppm >out 2>err
check '--small succeeds' [ $? -eq 0 ]
check 'the accuracy of the perceptron' grep -Eq '^mlp: test accuracy [0-9]+\.[0-9][0-9] %$' out
check 'the accuracy of LeNet' grep -Eq '^lenet: test accuracy [0-9]+\.[0-9][0-9] %$' out
check 'a line of progress per epoch' grep -Eq '^epoch 1/1  loss [0-9.]+  accuracy [0-9.]+  [0-9]+/s' err
check 'a picture' [ "$(head -c 2 a.ppm)" = P6 ]

"$program" --small --bf16 --model mlp --out a.ppm >out 2>err
check '--bf16 trains' grep -Eq '^mlp: test accuracy [0-9]+\.[0-9][0-9] %$' out

# The loss falls, and neither it nor the answers depend on the number of threads.
for threads in 1 2 3; do
    "$program" --model lenet --train 640 --test 200 --epochs 3 --threads $threads --out "$threads.ppm" >"out$threads" 2>err
    sed 's/^[0-9]*\.ppm //' "out$threads" >"lines$threads"
done
cp out1 out
# shellcheck disable=SC2016 # awk's own variables
check 'the loss falls' awk '/loss/ { if (seen && $NF >= last) exit 1; seen++; last = $NF } END { exit seen != 3 }' out
check 'two threads, the same lines' sh -c '[ -s lines1 ] && cmp -s lines1 lines2'
check 'three threads, the same lines' sh -c '[ -s lines1 ] && cmp -s lines1 lines3'
check 'two threads, the same picture' cmp -s 1.ppm 2.ppm

# What was learned is kept, and fits only the model that learned it.
"$program" --small --model lenet --out a.ppm --save lenet.safetensors >out1 2>err
"$program" --small --model lenet --out b.ppm --load lenet.safetensors >out 2>err
check 'a loaded model tests as well' [ "$(grep accuracy out)" = "$(grep accuracy out1)" ]
check 'a loaded model is not trained' [ "$(grep -c loss out)" -eq 0 ]
check 'a loaded model misreads the same digits' cmp -s a.ppm b.ppm
refuses 'fc1.weight' --small --model mlp --load lenet.safetensors

# Ctrl-C, once it trains.
"$program" --model mlp --epochs 1000000 --train 200 --test 100 --out c.ppm >out 2>err &
trap 'kill -9 $! 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 600); do
    grep -q 'epoch 2' out && break
    sleep 0.1
done
kill -INT $!
wait $!
check 'Ctrl-C ends it well' [ $? -eq 0 ]
check 'what it learned is tested' grep -q '^mlp: test accuracy' out

echo "digits: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
