# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the scripts that check something share: they read this with `.`, and end with `report NAME`.
passed=0 failed=0

# check WORDS COMMAND...: the command must succeed.
check()
{
    check_words=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: $check_words"
        failed=$((failed + 1))
    fi
}

# check_quietly WORDS COMMAND...: what the command says is shown if it fails.
check_quietly()
{
    check_words=$1
    shift
    check "$check_words" check_silenced "$@"
}

check_silenced()
{
    check_said=$("$@" 2>&1) && return
    echo "$check_said" | tail -n 40
    return 1
}

# report NAME: the line that tests/run.sh adds up; fails when a check has, or none was made.
report()
{
    echo "$1: $passed passed, $failed failed"
    [ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
}
