#!/bin/sh
# bench/include_cost.sh - what including synod costs, against a file that includes some of the standard library.
#
# SPDX-License-Identifier: BSL-1.0
#
# Measures the user CPU time of `g++ -std=c++20 -O2 -c`, every file once a repetition, and compares each with the baseline of
# its own repetition, so that a slow spell of the machine meets both; a verdict goes by the median of these ratios. Exits 1
# when one is above its limit. Usage: include_cost.sh [repetitions]

set -eu

repetitions=${1:-11}
compiler=${CXX:-g++}
bench=$(cd "$(dirname "$0")" && pwd)
include=$bench/../include
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '#include <%s>\n' vector functional chrono string unordered_map > "$work/baseline.cpp"
printf '#include <synod/paxos.hpp>\n' > "$work/paxos.cpp"
printf '#include <synod/synod.hpp>\n' > "$work/synod.cpp"
cp "$bench/include_cost/replica.cpp" "$work/replica.cpp"

# The user time of one compilation in milliseconds. `times` prints the shell's own times and then its children's, of which
# this subshell has but one.
compile() (
    "$compiler" -std=c++20 -O2 -c -I "$include" -o "$work/$1.o" "$work/$1.cpp" || exit 1
    times > "$work/times"
    sed -n '2s/^\([0-9]*\)m\([0-9]*\)[.,]\([0-9]*\)s .*/\1 \2 \3/p' "$work/times" | {
        read -r minutes seconds fraction
        # Shells differ in the digits that they print; three are enough, and a leading 1 keeps 008 from being octal.
        fraction=$(printf '%s000' "$fraction" | cut -c 1-3)
        printf '%d\n' $((minutes * 60000 + seconds * 1000 + 1$fraction - 1000))
    }
)

# The median of the numbers that it reads, one for each repetition.
median() {
    sort -n | sed -n "$(((repetitions + 1) / 2))p"
}

# The ratios of a file to the baseline, in hundredths, one for each repetition.
ratios() {
    paste "$work/$1.ms" "$work/baseline.ms" | while read -r own baseline; do
        printf '%d\n' $((own * 100 / baseline))
    done
}

repetition=0
while [ "$repetition" -lt "$repetitions" ]; do
    for file in baseline paxos synod replica; do
        compile "$file" >> "$work/$file.ms"
    done
    repetition=$((repetition + 1))
done

printf '%-10s %6d ms\n' baseline "$(median < "$work/baseline.ms")"

status=0
# check <file> <limit in hundredths>
check() {
    ratio=$(ratios "$1" | median)
    verdict=ok
    if [ "$ratio" -gt "$2" ]; then
        verdict='too dear'
        status=1
    fi
    printf '%-10s %6d ms  %d.%02d times the baseline, at most %d.%02d: %s\n' "$1" "$(median < "$work/$1.ms")" \
        $((ratio / 100)) $((ratio % 100)) $(($2 / 100)) $(($2 % 100)) "$verdict"
}
check paxos 70
check synod 150
check replica 400
exit "$status"
