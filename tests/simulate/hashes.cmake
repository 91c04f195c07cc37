# tests/simulate/hashes.cmake - a seed gives the same trace in every process and in every build.
#
# SPDX-License-Identifier: BSL-1.0
#
# PROGRAM is the simulator, EXPECTED a file with a line for each seed from 1 on: the seed and the hash of its trace. A change of what is sent,
# synced or drawn at random changes the hashes; `simulate --seeds 8 --hashes` prints the new ones.

file(STRINGS "${EXPECTED}" expected)
list(LENGTH expected count)
foreach(run IN ITEMS first second)
    execute_process(
        COMMAND "${PROGRAM}" --seeds ${count} --hashes
        OUTPUT_VARIABLE printed
        RESULT_VARIABLE status)
    string(REGEX REPLACE "\n$" "" printed "${printed}")
    list(JOIN expected "\n" wanted)
    if(NOT status EQUAL 0 OR NOT printed STREQUAL wanted)
        message(FATAL_ERROR "the ${run} run gave other traces:\n${printed}\nexpected:\n${wanted}")
    endif()
endforeach()
