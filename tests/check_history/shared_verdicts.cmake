# tests/check_history/shared_verdicts.cmake - the command agrees with every verdict on recorded histories, in time.
#
# SPDX-License-Identifier: BSL-1.0
#
# COMMAND: the program; FOLDER: holds verdicts.csv and the histories it names; SECONDS: how long all of them may take together.

cmake_minimum_required(VERSION 3.25)

set(models cas-register kv-append mutex)
set(verdict_true "linearizable")
set(verdict_false "not linearizable")

if(NOT EXISTS "${FOLDER}/verdicts.csv")
    message("SKIPPED: there are no recorded histories; ${FOLDER}/verdicts.csv does not exist")
    return()
endif()

file(STRINGS "${FOLDER}/verdicts.csv" rows)
list(POP_FRONT rows)
foreach(row IN LISTS rows)
    if(NOT row MATCHES "^([^,]+),([^,]+),(true|false)$" OR NOT CMAKE_MATCH_2 IN_LIST models)
        message(FATAL_ERROR "verdicts.csv: this is no verdict: ${row}")
    endif()
    list(APPEND files_${CMAKE_MATCH_2} "${CMAKE_MATCH_1}")
    list(APPEND expected "${CMAKE_MATCH_1} ${verdict_${CMAKE_MATCH_3}}")
endforeach()

# Other than the whole lists of verdicts, nothing counts: a history that is left out is a difference, too.
set(microseconds 0)
foreach(model IN LISTS models)
    if(files_${model})
        string(TIMESTAMP before "%s%f")
        execute_process(
            COMMAND "${COMMAND}" --model ${model} ${files_${model}}
            WORKING_DIRECTORY "${FOLDER}"
            OUTPUT_VARIABLE output
            ERROR_VARIABLE errors
            RESULT_VARIABLE status)
        string(TIMESTAMP after "%s%f")
        math(EXPR microseconds "${microseconds} + ${after} - ${before}")
        if(NOT status MATCHES "^[01]$")
            message(FATAL_ERROR "The command ended with ${status}:\n${errors}")
        endif()
        string(REPLACE "[" "{" output "${output}")
        string(REPLACE "]" "}" output "${output}")
        string(REPLACE ";" "," output "${output}")
        string(REPLACE "\n" ";" output "${output}")
        # What is indented are events.
        list(FILTER output EXCLUDE REGEX "^( |$)")
        list(APPEND found ${output})
    endif()
endforeach()

list(LENGTH expected histories)
if(histories EQUAL 0)
    message(FATAL_ERROR "verdicts.csv holds no verdict")
endif()
list(SORT expected)
list(SORT found)
if(NOT expected STREQUAL found)
    set(wrong ${found})
    list(REMOVE_ITEM wrong ${expected})
    list(JOIN wrong "\n  " wrong)
    message(FATAL_ERROR "The verdicts differ; these are wrong, or files are missing:\n  ${wrong}")
endif()

math(EXPR limit "${SECONDS} * 1000000")
math(EXPR milliseconds "${microseconds} / 1000")
if(microseconds GREATER limit)
    message(FATAL_ERROR "It took ${milliseconds} ms, and at most ${SECONDS} s are allowed")
endif()
message("${histories} histories judged as expected in ${milliseconds} ms")
